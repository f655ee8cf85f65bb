-- +goose Up
-- A programme's name is typed by people, so it is sealed. What was kept in the clear cannot be sealed here and goes.
DROP TABLE programme;

CREATE TABLE programme (
    id            TEXT PRIMARY KEY, -- internal
    name          TEXT NOT NULL, -- secret: sealed
    collection    TEXT NOT NULL, -- internal
    contributions TEXT NOT NULL, -- secret: institutions' mandates and ratios
    made_at       TEXT NOT NULL, -- internal
    ended_at      TEXT NOT NULL -- internal: empty while it runs
);

-- +goose Down
DROP TABLE programme;

CREATE TABLE programme (
    id            TEXT PRIMARY KEY, -- internal
    name          TEXT NOT NULL, -- internal
    collection    TEXT NOT NULL, -- internal
    contributions TEXT NOT NULL, -- secret: institutions' mandates and ratios
    made_at       TEXT NOT NULL, -- internal
    ended_at      TEXT NOT NULL -- internal: empty while it runs
);
