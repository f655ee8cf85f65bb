-- +goose Up
CREATE TABLE warning_model (
    hash         TEXT PRIMARY KEY, -- internal: SHA-256 of the file
    seq          BIGINT NOT NULL UNIQUE, -- internal
    file         TEXT NOT NULL, -- internal: weights, of nobody in particular
    report       TEXT NOT NULL, -- internal: figures of many
    status       TEXT NOT NULL, -- internal: candidate, active or retired
    trained_at   TEXT NOT NULL, -- internal
    trained_by   TEXT NOT NULL, -- internal
    activated_at TEXT NOT NULL, -- internal
    activated_by TEXT NOT NULL -- internal: and who approved it, after a space
);
CREATE UNIQUE INDEX warning_model_active ON warning_model (status) WHERE status = 'active';

CREATE TABLE warning_position (
    id   BIGINT PRIMARY KEY, -- internal: 1
    feed BIGINT NOT NULL, -- internal: the last row of the feed that was looked at
    day  TEXT NOT NULL -- internal: the last business day for which overdue loans were looked at
);

-- +goose Down
DROP TABLE warning_position;
DROP TABLE warning_model;
