-- +goose Up
CREATE TABLE webhook_endpoint (
    id            TEXT PRIMARY KEY, -- internal
    url           TEXT NOT NULL, -- secret: sealed
    label         TEXT NOT NULL, -- secret: sealed
    types         TEXT NOT NULL, -- internal: a JSON array; what stands before the dot of a type, or a whole type
    collection    TEXT NOT NULL, -- internal: empty for all
    status        TEXT NOT NULL, -- internal: active, disabled or gone
    position      BIGINT NOT NULL, -- internal: the last row of the feed that was looked at
    version       BIGINT NOT NULL, -- internal
    secret        TEXT NOT NULL, -- top secret: sealed
    former_secret TEXT NOT NULL, -- top secret: sealed; empty when there is none
    former_until  TEXT NOT NULL, -- internal: until when the former secret signs too
    created_by    TEXT NOT NULL, -- internal
    created_at    TEXT NOT NULL, -- internal
    changed_at    TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE webhook_endpoint;
