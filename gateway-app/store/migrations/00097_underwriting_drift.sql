-- +goose Up
CREATE TABLE underwriting_drift (
    id          TEXT PRIMARY KEY, -- internal
    seq         BIGINT NOT NULL UNIQUE, -- internal
    at          TEXT NOT NULL, -- internal
    cause       TEXT NOT NULL, -- internal: asked or weekly
    training    TEXT NOT NULL, -- internal: what the applicants are compared with
    since       TEXT NOT NULL, -- internal
    decisions   BIGINT NOT NULL, -- internal
    largest_ppm BIGINT NOT NULL, -- internal: the largest stability index, in millionths
    report      TEXT NOT NULL -- internal: counts of many, of nobody in particular
);

-- +goose Down
DROP TABLE underwriting_drift;
