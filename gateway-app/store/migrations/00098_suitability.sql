-- +goose Up
CREATE TABLE suitability (
    id          TEXT PRIMARY KEY, -- internal
    party       TEXT NOT NULL, -- secret: the lender's handle
    version     TEXT NOT NULL, -- internal: of the questionnaire
    answers     BYTEA, -- top secret: sealed; none once the person's record is purged
    points      BIGINT NOT NULL, -- secret
    class       BIGINT NOT NULL, -- secret: 1, the most careful, to 6
    assessed_on TEXT NOT NULL, -- secret
    through     TEXT NOT NULL, -- secret: the last day on which the class holds
    assessed_at TEXT NOT NULL -- internal
);
CREATE INDEX suitability_by_party ON suitability (party, assessed_at);

-- +goose Down
DROP TABLE suitability;
