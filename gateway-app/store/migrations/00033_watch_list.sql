-- +goose Up
CREATE TABLE watch_list (
    name      TEXT PRIMARY KEY, -- internal
    digest    TEXT NOT NULL, -- internal: of its entries
    entries   BIGINT NOT NULL, -- internal
    loaded_at TEXT NOT NULL, -- internal
    loaded_by TEXT NOT NULL -- internal
);

CREATE TABLE watch_entry (
    list    TEXT NOT NULL REFERENCES watch_list (name), -- internal
    entry   TEXT NOT NULL, -- internal: digest of what the list says of it
    number  TEXT NOT NULL, -- internal: the list's own
    name    TEXT NOT NULL, -- internal: as published by whoever keeps the list
    aliases TEXT NOT NULL, -- internal
    born    TEXT NOT NULL, -- internal
    program TEXT NOT NULL, -- internal
    PRIMARY KEY (list, entry)
);

CREATE TABLE watch_screening (
    subject     TEXT PRIMARY KEY, -- internal
    mark        TEXT NOT NULL, -- secret: a keyed hash of the name and date of birth that were held against them
    fingerprint TEXT NOT NULL, -- internal: of the lists it was last held against
    screened_at TEXT NOT NULL -- internal
);

CREATE TABLE watch_hit (
    id         TEXT PRIMARY KEY, -- internal
    subject    TEXT NOT NULL, -- secret: never shown to the subject
    mark       TEXT NOT NULL, -- secret: a keyed hash of the name and date of birth that it was found by
    list       TEXT NOT NULL, -- secret
    entry      TEXT NOT NULL, -- secret
    score_ppm  BIGINT NOT NULL, -- secret
    rule       TEXT NOT NULL, -- secret: which comparison gave the score
    status     TEXT NOT NULL, -- secret
    found_at   TEXT NOT NULL, -- internal
    decided_by TEXT NOT NULL, -- internal
    decided_at TEXT NOT NULL, -- internal
    reason     TEXT NOT NULL, -- secret
    UNIQUE (subject, list, entry)
);

CREATE INDEX watch_hit_by_status ON watch_hit (status, id);

-- +goose Down
DROP TABLE watch_hit;
DROP TABLE watch_screening;
DROP TABLE watch_entry;
DROP TABLE watch_list;
