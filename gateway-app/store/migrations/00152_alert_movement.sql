-- +goose Up
CREATE TABLE alert_position (
    id  BIGINT PRIMARY KEY, -- internal
    seq BIGINT NOT NULL -- internal: the last row of the ledger's feed that was looked at
);

CREATE TABLE alert_movement (
    seq           BIGINT PRIMARY KEY, -- internal: the row of the ledger's feed
    collection    TEXT NOT NULL, -- internal
    party         TEXT NOT NULL, -- secret
    kind          TEXT NOT NULL, -- secret
    business_date TEXT NOT NULL, -- secret
    amount_minor  BIGINT NOT NULL, -- secret
    value_date    TEXT NOT NULL, -- secret: empty where the bank named none
    subject       TEXT NOT NULL, -- secret: the instruction, or the loan of a repayment
    payee         TEXT NOT NULL -- secret: digest of the account that was paid; empty for what came in
);
CREATE INDEX alert_movement_by_party ON alert_movement (party, collection, kind, business_date, seq, amount_minor);

CREATE TABLE alert_payee (
    collection  TEXT NOT NULL, -- internal
    party       TEXT NOT NULL, -- secret
    payee       TEXT NOT NULL, -- secret: digest of the verified account
    verified_on TEXT NOT NULL, -- secret: business date
    named_seq   BIGINT NOT NULL, -- internal: the row of the feed that last made it the party's account
    paid_seq    BIGINT NOT NULL, -- internal: the first movement that was paid to it; 0 before
    PRIMARY KEY (collection, party, payee)
);

-- +goose Down
DROP TABLE alert_payee;
DROP TABLE alert_movement;
DROP TABLE alert_position;
