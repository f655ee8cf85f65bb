-- +goose Up
CREATE TABLE access_anchor (
    seq         BIGINT PRIMARY KEY, -- internal: the row of access_log whose hash it is
    hash        TEXT NOT NULL UNIQUE, -- public: it is on the ledger
    previous    TEXT NOT NULL, -- public: the head that was anchored before; empty for the first
    stored_at   TEXT NOT NULL, -- internal
    anchored_at TEXT NOT NULL, -- internal: empty until the ledger has it
    request_id  TEXT NOT NULL, -- internal
    tx_id       TEXT NOT NULL, -- public
    block       BIGINT NOT NULL -- public
);

-- +goose Down
DROP TABLE access_anchor;
