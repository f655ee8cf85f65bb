-- +goose Up
CREATE TABLE http_idempotency (
    name       TEXT PRIMARY KEY, -- internal: SHA-256 of caller and key, neither of which is kept
    request    TEXT NOT NULL, -- internal: SHA-256 of operation, path, query and body
    operation  TEXT NOT NULL, -- internal
    state      TEXT NOT NULL, -- internal: running, open (may be done again) or answered
    holder     TEXT NOT NULL, -- internal: the attempt that is serving it
    held_until TEXT NOT NULL, -- internal: while it is running, by the database's clock; after that its process is taken for dead
    answer     BYTEA, -- secret: status, headers and body, encrypted under the key that is not kept, its caller and operation
    changed_at TEXT NOT NULL -- internal
);

CREATE INDEX http_idempotency_by_age ON http_idempotency (changed_at);

-- +goose Down
DROP TABLE http_idempotency;
