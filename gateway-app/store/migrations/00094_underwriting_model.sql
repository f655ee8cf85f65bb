-- +goose Up
CREATE TABLE underwriting_training (
    id         TEXT PRIMARY KEY, -- internal: SHA-256 of the report
    seq        BIGINT NOT NULL UNIQUE, -- internal
    at         TEXT NOT NULL, -- internal
    by_user    TEXT NOT NULL, -- internal: who asked, or the machine
    cause      TEXT NOT NULL, -- internal: first, asked or weekly
    own_rows   BIGINT NOT NULL, -- internal: outcomes of the member's own loans among the rows
    report     TEXT NOT NULL -- internal: figures of many, of nobody in particular
);

CREATE TABLE underwriting_model (
    hash        TEXT PRIMARY KEY, -- internal: SHA-256 of the file
    seq         BIGINT NOT NULL UNIQUE, -- internal
    training    TEXT NOT NULL REFERENCES underwriting_training (id), -- internal
    kind        TEXT NOT NULL, -- internal: scorecard or forest
    status      TEXT NOT NULL, -- internal: champion, challenger or retired
    file        TEXT NOT NULL, -- internal
    changed_at  TEXT NOT NULL, -- internal
    promoted_by TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE underwriting_model;
DROP TABLE underwriting_training;
