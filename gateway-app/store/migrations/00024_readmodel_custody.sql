-- +goose Up
CREATE TABLE rm_instruction (
    collection    TEXT NOT NULL, -- internal
    id            TEXT NOT NULL, -- secret
    seq           BIGINT NOT NULL, -- internal
    sequence      BIGINT NOT NULL, -- secret
    salt          TEXT NOT NULL, -- secret
    state         TEXT NOT NULL, -- secret
    block         BIGINT NOT NULL, -- internal
    tx_id         TEXT NOT NULL, -- internal
    at            TEXT NOT NULL, -- internal
    platform      TEXT NOT NULL, -- secret
    custodian     TEXT NOT NULL, -- secret
    kind          TEXT NOT NULL, -- secret
    status        TEXT NOT NULL, -- secret
    party         TEXT NOT NULL, -- secret
    loan          TEXT NOT NULL, -- secret
    mandate       TEXT NOT NULL, -- secret
    instructed_by TEXT NOT NULL, -- secret
    amount_minor  BIGINT NOT NULL, -- secret
    settled_minor BIGINT NOT NULL, -- secret
    instructed_on TEXT NOT NULL, -- secret
    expires_on    TEXT NOT NULL, -- secret
    value_date    TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);
CREATE INDEX rm_instruction_by_seq ON rm_instruction (seq);
CREATE INDEX rm_instruction_by_status ON rm_instruction (status, seq);
CREATE INDEX rm_instruction_by_party ON rm_instruction (party, seq);
CREATE INDEX rm_instruction_by_loan ON rm_instruction (loan, seq);

CREATE TABLE rm_account (
    collection      TEXT NOT NULL, -- internal
    id              TEXT NOT NULL, -- secret
    seq             BIGINT NOT NULL, -- internal
    sequence        BIGINT NOT NULL, -- secret
    salt            TEXT NOT NULL, -- secret
    state           TEXT NOT NULL, -- secret
    block           BIGINT NOT NULL, -- internal
    tx_id           TEXT NOT NULL, -- internal
    at              TEXT NOT NULL, -- internal
    available_minor BIGINT NOT NULL, -- secret
    held_minor      BIGINT NOT NULL, -- secret
    payable_minor   BIGINT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);
CREATE INDEX rm_account_by_seq ON rm_account (seq);

CREATE TABLE rm_suspense (
    collection   TEXT NOT NULL, -- internal
    id           TEXT NOT NULL, -- secret
    seq          BIGINT NOT NULL, -- internal
    sequence     BIGINT NOT NULL, -- secret
    salt         TEXT NOT NULL, -- secret
    state        TEXT NOT NULL, -- secret: holds what the payer wrote as the account
    block        BIGINT NOT NULL, -- internal
    tx_id        TEXT NOT NULL, -- internal
    at           TEXT NOT NULL, -- internal
    custodian    TEXT NOT NULL, -- secret
    status       TEXT NOT NULL, -- secret
    amount_minor BIGINT NOT NULL, -- secret
    value_date   TEXT NOT NULL, -- secret
    suspended_on TEXT NOT NULL, -- secret
    loan         TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);
CREATE INDEX rm_suspense_by_status ON rm_suspense (status, seq);

CREATE TABLE rm_bank_entry (
    collection  TEXT NOT NULL, -- internal
    id          TEXT NOT NULL, -- secret
    seq         BIGINT NOT NULL, -- internal
    state       TEXT NOT NULL, -- secret
    block       BIGINT NOT NULL, -- internal
    tx_id       TEXT NOT NULL, -- internal
    at          TEXT NOT NULL, -- internal
    instruction TEXT NOT NULL, -- secret
    suspense    TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_books (
    collection TEXT NOT NULL, -- internal
    id         TEXT NOT NULL, -- secret
    seq        BIGINT NOT NULL, -- internal
    state      TEXT NOT NULL, -- secret: the digest of the secret, which is not kept
    block      BIGINT NOT NULL, -- internal
    tx_id      TEXT NOT NULL, -- internal
    at         TEXT NOT NULL, -- internal
    PRIMARY KEY (collection, id)
);

-- +goose Down
DROP TABLE rm_books;
DROP TABLE rm_bank_entry;
DROP TABLE rm_suspense;
DROP TABLE rm_account;
DROP TABLE rm_instruction;
