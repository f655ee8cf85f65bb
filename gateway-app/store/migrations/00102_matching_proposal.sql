-- +goose Up
CREATE TABLE matching_proposal (
    run             TEXT NOT NULL REFERENCES matching_run (run), -- internal
    loan            TEXT NOT NULL, -- secret
    collection      TEXT NOT NULL, -- internal
    status          TEXT NOT NULL, -- internal: open, signed, funded, refused or lapsed
    borrower        TEXT NOT NULL, -- secret
    commitment      TEXT NOT NULL, -- secret: of the salted terms
    grade           TEXT NOT NULL, -- secret
    industry        TEXT NOT NULL, -- secret
    principal_minor BIGINT NOT NULL, -- secret
    allocations     TEXT NOT NULL, -- secret: lenders, mandates, holds and amounts
    salt            TEXT NOT NULL, -- secret
    signature       TEXT NOT NULL, -- secret: the borrower's; empty until it is there
    expires_on      TEXT NOT NULL, -- secret: the last day on which it may be signed
    code            TEXT NOT NULL, -- internal: why the ledger refused it
    block           BIGINT NOT NULL, -- internal: that took it
    PRIMARY KEY (run, loan)
);
CREATE INDEX matching_proposal_by_status ON matching_proposal (collection, status);
CREATE INDEX matching_proposal_by_loan ON matching_proposal (loan);

-- +goose Down
DROP TABLE matching_proposal;
