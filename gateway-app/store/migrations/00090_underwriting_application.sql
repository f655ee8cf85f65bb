-- +goose Up
CREATE TABLE underwriting_application (
    id           TEXT PRIMARY KEY, -- internal
    seq          BIGINT NOT NULL UNIQUE, -- internal
    party        TEXT NOT NULL, -- secret: the applicant's handle on the ledger
    at           TEXT NOT NULL, -- internal
    changed_at   TEXT NOT NULL, -- internal
    status       TEXT NOT NULL, -- secret
    amount_minor BIGINT NOT NULL, -- secret
    currency     TEXT NOT NULL, -- internal
    term_months  BIGINT NOT NULL, -- secret
    submission   TEXT NOT NULL, -- top secret: sealed; what was sent in, canonical; empty once the person is purged
    salt         TEXT NOT NULL, -- top secret: sealed
    digest       TEXT NOT NULL -- internal: SHA-256 of salt and submission, as anchored
);
CREATE INDEX underwriting_application_by_party ON underwriting_application (party, seq);
CREATE INDEX underwriting_application_by_status ON underwriting_application (status, seq);

-- +goose Down
DROP TABLE underwriting_application;
