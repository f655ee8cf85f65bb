-- +goose Up
CREATE TABLE rm_evidence_entry (
    collection  TEXT NOT NULL, -- public
    id          TEXT NOT NULL, -- public
    seq         BIGINT NOT NULL, -- public
    state       TEXT NOT NULL, -- public
    block       BIGINT NOT NULL, -- public
    tx_id       TEXT NOT NULL, -- public
    at          TEXT NOT NULL, -- public
    member      TEXT NOT NULL, -- public
    digest      TEXT NOT NULL, -- public
    position    BIGINT NOT NULL, -- public
    phase       TEXT NOT NULL, -- public
    previous    TEXT NOT NULL, -- public
    recorded_on TEXT NOT NULL, -- public
    PRIMARY KEY (collection, id)
);
CREATE INDEX rm_evidence_entry_by_seq ON rm_evidence_entry (seq);
CREATE INDEX rm_evidence_entry_by_digest ON rm_evidence_entry (digest);

CREATE TABLE rm_evidence_log (
    collection TEXT NOT NULL, -- public
    id         TEXT NOT NULL, -- public
    seq        BIGINT NOT NULL, -- public
    sequence   BIGINT NOT NULL, -- public
    salt       TEXT NOT NULL, -- public
    state      TEXT NOT NULL, -- public
    block      BIGINT NOT NULL, -- public
    tx_id      TEXT NOT NULL, -- public
    at         TEXT NOT NULL, -- public
    size       BIGINT NOT NULL, -- public
    root       TEXT NOT NULL, -- public
    PRIMARY KEY (collection, id)
);

-- +goose Down
DROP TABLE rm_evidence_log;
DROP TABLE rm_evidence_entry;
