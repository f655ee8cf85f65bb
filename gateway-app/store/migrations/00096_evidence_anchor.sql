-- +goose Up
CREATE TABLE evidence_anchor (
    part        TEXT NOT NULL, -- internal: of the app, whose digest it is
    digest      TEXT NOT NULL, -- public
    seq         BIGINT NOT NULL, -- internal: the order in which a part's digests go
    phase       TEXT NOT NULL, -- public
    previous    TEXT NOT NULL, -- public
    media_type  TEXT NOT NULL, -- public
    stored_at   TEXT NOT NULL, -- internal
    due_at      TEXT NOT NULL, -- internal: not sent before; later than stored once the ledger has refused it
    refusals    BIGINT NOT NULL, -- internal: how often the ledger has
    request_id  TEXT NOT NULL, -- internal: of the batch in which it goes to the ledger; empty while it is in none
    anchored_at TEXT NOT NULL, -- internal: empty until it stands there
    tx_id       TEXT NOT NULL, -- public: empty where it stood there before
    block       BIGINT NOT NULL, -- public
    PRIMARY KEY (part, digest),
    UNIQUE (part, seq)
);
CREATE INDEX evidence_anchor_waiting ON evidence_anchor (part, anchored_at, request_id, seq);

-- +goose Down
DROP TABLE evidence_anchor;
