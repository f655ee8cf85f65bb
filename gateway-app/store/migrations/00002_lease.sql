-- +goose Up
CREATE TABLE store_lease (
    name       TEXT PRIMARY KEY, -- internal
    holder     TEXT NOT NULL, -- internal: empty when nobody holds it
    token      BIGINT NOT NULL, -- internal: grows with every taking, never falls
    expires_at TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE store_lease;
