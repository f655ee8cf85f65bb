-- +goose Up
CREATE TABLE submission_anchor (
    digest      TEXT PRIMARY KEY, -- public
    seq         BIGINT NOT NULL UNIQUE, -- internal
    media_type  TEXT NOT NULL, -- public
    stored_at   TEXT NOT NULL, -- internal
    request_id  TEXT NOT NULL, -- internal: of the batch in which it goes to the ledger; empty before
    anchored_at TEXT NOT NULL, -- internal
    tx_id       TEXT NOT NULL, -- public
    block       BIGINT NOT NULL -- public
);
CREATE INDEX submission_anchor_by_time ON submission_anchor (anchored_at, seq);

-- +goose Down
DROP TABLE submission_anchor;
