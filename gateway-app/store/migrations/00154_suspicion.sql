-- +goose Up
CREATE TABLE suspicion (
    id        TEXT PRIMARY KEY, -- internal
    number    BIGINT NOT NULL, -- internal
    alert     TEXT NOT NULL, -- internal
    party     TEXT NOT NULL, -- secret
    narrative TEXT NOT NULL, -- top secret: sealed
    made_by   TEXT NOT NULL, -- internal: a user's id
    made_at   TEXT NOT NULL -- internal
);
CREATE UNIQUE INDEX suspicion_by_number ON suspicion (number);
CREATE UNIQUE INDEX suspicion_by_alert ON suspicion (alert);

-- +goose Down
DROP TABLE suspicion;
