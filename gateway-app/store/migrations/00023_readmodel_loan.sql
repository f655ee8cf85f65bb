-- +goose Up
CREATE TABLE rm_terms (
    collection       TEXT NOT NULL, -- internal
    id               TEXT NOT NULL, -- secret
    seq              BIGINT NOT NULL, -- internal
    state            TEXT NOT NULL, -- secret
    block            BIGINT NOT NULL, -- internal
    tx_id            TEXT NOT NULL, -- internal
    at               TEXT NOT NULL, -- internal
    loan             TEXT NOT NULL, -- secret
    borrower         TEXT NOT NULL, -- secret
    project          TEXT NOT NULL, -- secret
    currency         TEXT NOT NULL, -- secret
    principal_minor  BIGINT NOT NULL, -- secret
    rate_ppm         BIGINT NOT NULL, -- secret
    penalty_rate_ppm BIGINT NOT NULL, -- secret
    instalments      BIGINT NOT NULL, -- secret
    method           TEXT NOT NULL, -- secret
    agreement_digest TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_project (
    collection TEXT NOT NULL, -- internal
    id         TEXT NOT NULL, -- secret
    seq        BIGINT NOT NULL, -- internal
    state      TEXT NOT NULL, -- secret
    block      BIGINT NOT NULL, -- internal
    tx_id      TEXT NOT NULL, -- internal
    at         TEXT NOT NULL, -- internal
    loan       TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_funding (
    collection TEXT NOT NULL, -- internal
    id         TEXT NOT NULL, -- secret
    seq        BIGINT NOT NULL, -- internal
    state      TEXT NOT NULL, -- secret
    block      BIGINT NOT NULL, -- internal
    tx_id      TEXT NOT NULL, -- internal
    at         TEXT NOT NULL, -- internal
    loan       TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_allocation (
    collection      TEXT NOT NULL, -- internal
    loan            TEXT NOT NULL, -- secret
    place           BIGINT NOT NULL, -- secret
    seq             BIGINT NOT NULL, -- internal
    lender          TEXT NOT NULL, -- secret
    mandate         TEXT NOT NULL, -- secret
    hold            TEXT NOT NULL, -- secret
    principal_minor BIGINT NOT NULL, -- secret
    PRIMARY KEY (loan, place)
);
CREATE INDEX rm_allocation_by_lender ON rm_allocation (lender, loan);

CREATE TABLE rm_loan (
    collection        TEXT NOT NULL, -- internal
    id                TEXT NOT NULL, -- secret
    seq               BIGINT NOT NULL, -- internal
    sequence          BIGINT NOT NULL, -- secret
    salt              TEXT NOT NULL, -- secret
    state             TEXT NOT NULL, -- secret
    block             BIGINT NOT NULL, -- internal
    tx_id             TEXT NOT NULL, -- internal
    at                TEXT NOT NULL, -- internal
    loan              TEXT NOT NULL, -- secret
    platform          TEXT NOT NULL, -- secret
    custodian         TEXT NOT NULL, -- secret
    borrower          TEXT NOT NULL, -- secret
    regime            TEXT NOT NULL, -- secret
    status            TEXT NOT NULL, -- secret
    frozen            TEXT NOT NULL, -- secret
    principal_minor   BIGINT NOT NULL, -- secret
    outstanding_minor BIGINT NOT NULL, -- secret
    owing_minor       BIGINT NOT NULL, -- secret
    exposed_minor     BIGINT NOT NULL, -- secret
    expires_on        TEXT NOT NULL, -- secret
    started_on        TEXT NOT NULL, -- secret
    written_off_on    TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);
CREATE INDEX rm_loan_by_seq ON rm_loan (seq);
CREATE INDEX rm_loan_by_loan ON rm_loan (loan);
CREATE INDEX rm_loan_by_status ON rm_loan (status, seq);
CREATE INDEX rm_loan_by_borrower ON rm_loan (borrower, seq);

-- +goose Down
DROP TABLE rm_loan;
DROP TABLE rm_allocation;
DROP TABLE rm_funding;
DROP TABLE rm_project;
DROP TABLE rm_terms;
