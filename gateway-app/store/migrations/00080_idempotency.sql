-- +goose Up
CREATE TABLE http_idempotency (
    name       TEXT PRIMARY KEY, -- internal: SHA-256 of caller and key, neither of which is kept
    request    TEXT NOT NULL, -- internal: SHA-256 of operation, path, query and body
    operation  TEXT NOT NULL, -- internal
    state      TEXT NOT NULL, -- internal: running, open (may be done again) or answered
    holder     TEXT NOT NULL, -- internal: the process that is serving it
    answer     BYTEA, -- secret: status, headers and body, encrypted under the key that is not kept
    changed_at TEXT NOT NULL -- internal
);

CREATE INDEX http_idempotency_by_age ON http_idempotency (changed_at);

-- +goose Down
DROP TABLE http_idempotency;
