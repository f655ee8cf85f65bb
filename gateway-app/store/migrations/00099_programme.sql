-- +goose Up
CREATE TABLE programme (
    id            TEXT PRIMARY KEY, -- internal
    name          TEXT NOT NULL, -- internal
    collection    TEXT NOT NULL, -- internal
    contributions TEXT NOT NULL, -- secret: institutions' mandates and ratios
    made_at       TEXT NOT NULL, -- internal
    ended_at      TEXT NOT NULL -- internal: empty while it runs
);

-- +goose Down
DROP TABLE programme;
