-- +goose Up
CREATE TABLE person_duty (
    person    TEXT NOT NULL REFERENCES person (id), -- internal
    kind      TEXT NOT NULL, -- internal
    reference TEXT NOT NULL, -- internal: contract, case or order by its number
    until     TEXT NOT NULL, -- internal: the last day; empty while open
    PRIMARY KEY (person, kind, reference)
);

CREATE TABLE person_hold (
    id          TEXT PRIMARY KEY, -- internal
    person      TEXT NOT NULL REFERENCES person (id), -- internal
    reference   TEXT NOT NULL, -- internal: the order's number
    placed_by   TEXT NOT NULL, -- internal
    placed_at   TEXT NOT NULL, -- internal
    released_by TEXT NOT NULL, -- internal
    released_at TEXT NOT NULL -- internal
);

CREATE INDEX person_hold_by_person ON person_hold (person);

CREATE TABLE person_erasure (
    person       TEXT PRIMARY KEY REFERENCES person (id), -- internal
    requested_at TEXT NOT NULL, -- internal
    requested_by TEXT NOT NULL, -- internal
    reason       TEXT NOT NULL, -- internal: a code
    purged_at    TEXT NOT NULL, -- internal
    receipt      TEXT NOT NULL -- internal: signed; names no one
);

CREATE TABLE person_authority (
    person      TEXT NOT NULL REFERENCES person (id), -- internal
    kind        TEXT NOT NULL, -- internal
    member      TEXT NOT NULL, -- internal
    reference   TEXT NOT NULL, -- internal
    signature   TEXT NOT NULL, -- internal
    recorded_by TEXT NOT NULL, -- internal
    recorded_at TEXT NOT NULL, -- internal
    PRIMARY KEY (person, kind)
);

-- +goose Down
DROP TABLE person_authority;
DROP TABLE person_erasure;
DROP TABLE person_hold;
DROP TABLE person_duty;
