-- +goose Up
CREATE TABLE underwriting_decision (
    id            TEXT PRIMARY KEY, -- internal
    seq           BIGINT NOT NULL UNIQUE, -- internal
    application   TEXT NOT NULL UNIQUE REFERENCES underwriting_application (id), -- internal
    party         TEXT NOT NULL, -- secret
    at            TEXT NOT NULL, -- internal
    outcome       TEXT NOT NULL, -- secret: what the engine said; reviews do not change it
    inputs        TEXT NOT NULL, -- top secret: sealed; canonical; empty once the person is purged
    salt          TEXT NOT NULL, -- top secret: sealed
    decision      TEXT NOT NULL, -- secret: sealed; canonical
    commitment    TEXT NOT NULL, -- internal: SHA-256 of salt and inputs
    digest        TEXT NOT NULL, -- internal: SHA-256 of the decision, as anchored
    champion      TEXT NOT NULL, -- internal: the scorecard's hash
    challenger    TEXT NOT NULL, -- internal: the forest's hash
    rules         TEXT NOT NULL, -- internal: the rule set's hash
    rules_version TEXT NOT NULL -- internal
);
CREATE INDEX underwriting_decision_by_party ON underwriting_decision (party, seq);
CREATE INDEX underwriting_decision_by_time ON underwriting_decision (at);

-- +goose Down
DROP TABLE underwriting_decision;
