-- +goose Up
CREATE TABLE access_log (
    seq        BIGINT PRIMARY KEY, -- internal: from 1, without gaps
    at         TEXT NOT NULL, -- internal
    actor      TEXT NOT NULL, -- internal: a user's id, never a name
    operation  TEXT NOT NULL, -- internal
    decision   TEXT NOT NULL, -- internal
    policy     TEXT NOT NULL, -- internal
    subject    TEXT NOT NULL, -- secret: a handle
    request_id TEXT NOT NULL, -- internal
    previous   TEXT NOT NULL, -- internal
    hash       TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE access_log;
