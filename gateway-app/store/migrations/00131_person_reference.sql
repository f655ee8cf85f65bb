-- +goose Up
-- References of duties and holds are typed by people and may name anybody, so they are sealed. A duty's id is a
-- keyed hash of person, kind and reference: a duty is one row, and no row says what it is about. What was kept in
-- the clear cannot be sealed here and goes; every record keeps the duty of its relation, open, so that none may be
-- purged for want of a duty.
DROP TABLE person_duty;

CREATE TABLE person_duty (
    id        TEXT PRIMARY KEY, -- top secret: keyed hash of person, kind and reference
    person    TEXT NOT NULL REFERENCES person (id), -- internal
    kind      TEXT NOT NULL, -- internal
    reference TEXT NOT NULL, -- secret: sealed; empty: the relation itself
    until     TEXT NOT NULL -- internal: the last day; empty while open
);

CREATE INDEX person_duty_by_person ON person_duty (person);

INSERT INTO person_duty (id, person, kind, reference, until) SELECT id, id, 'aml', '', '' FROM person WHERE status <> 'purged';

DROP TABLE person_hold;

CREATE TABLE person_hold (
    id          TEXT PRIMARY KEY, -- internal
    person      TEXT NOT NULL REFERENCES person (id), -- internal
    reference   TEXT NOT NULL, -- secret: sealed
    placed_by   TEXT NOT NULL, -- internal
    placed_at   TEXT NOT NULL, -- internal
    released_by TEXT NOT NULL, -- internal
    released_at TEXT NOT NULL -- internal
);

CREATE INDEX person_hold_by_person ON person_hold (person);

-- +goose Down
DROP TABLE person_hold;
DROP TABLE person_duty;

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
