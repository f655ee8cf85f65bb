-- +goose Up
CREATE TABLE vault_key (
    purpose    TEXT NOT NULL, -- internal
    version    BIGINT NOT NULL, -- internal
    algorithm  TEXT NOT NULL, -- internal
    wrapped    TEXT NOT NULL, -- top secret: under the master key; empty when retired
    made_at    TEXT NOT NULL, -- internal
    retired_at TEXT NOT NULL, -- internal
    PRIMARY KEY (purpose, version)
);

-- +goose Down
DROP TABLE vault_key;
