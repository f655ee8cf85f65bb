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
CREATE INDEX alert_movement_by_party ON alert_movement (party, kind, business_date, seq, collection, amount_minor);

CREATE TABLE alert_hand (
    movement BIGINT NOT NULL, -- internal: the row of the ledger's feed
    actor    TEXT NOT NULL, -- internal: a user of the member's who asked for it or approved it, and so decides no alert of it
    PRIMARY KEY (movement, actor)
);

CREATE TABLE alert_payee (
    collection  TEXT NOT NULL, -- internal
    party       TEXT NOT NULL, -- secret
    payee       TEXT NOT NULL, -- secret: digest of the verified account
    verified_on TEXT NOT NULL, -- secret: business date
    named_seq   BIGINT NOT NULL, -- internal: the row of the feed that last made it the party's account
    paid_seq    BIGINT NOT NULL, -- internal: the first movement that was paid to it; 0 before
    paid_on     TEXT NOT NULL, -- secret: business date of that one; empty before
    waited_days BIGINT NOT NULL, -- secret: from the verification to that one
    replaces    BIGINT NOT NULL, -- secret: 1 of one that the party named beside another account, 0 of its first
    PRIMARY KEY (party, collection, payee)
);

-- +goose Down
DROP TABLE alert_payee;
DROP TABLE alert_hand;
DROP TABLE alert_movement;
DROP TABLE alert_position;
