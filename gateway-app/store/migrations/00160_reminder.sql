-- +goose Up
CREATE TABLE reminder (
    id           TEXT PRIMARY KEY, -- internal: digest of loan, due date, days and channel, so that there is one of each for ever
    seq          BIGINT NOT NULL, -- internal: the place in the list
    loan         TEXT NOT NULL, -- secret
    due_on       TEXT NOT NULL, -- secret: when the instalment falls due
    days         BIGINT NOT NULL, -- internal: after the due date; before it, negative
    channel      TEXT NOT NULL, -- internal: email or webhook
    party        TEXT NOT NULL, -- secret: the borrower's handle
    custodian    TEXT NOT NULL, -- internal: whose business date it goes by
    business_on  TEXT NOT NULL, -- internal: the business date that brought it
    made_at      TEXT NOT NULL, -- internal
    status       TEXT NOT NULL, -- internal: pending, sent, skipped or failed
    reason       TEXT NOT NULL, -- internal: why it was skipped or failed, or why the last attempt did
    attempts     BIGINT NOT NULL, -- internal
    due_at       TEXT NOT NULL, -- internal: not before; empty when it ended
    ended_at     TEXT NOT NULL, -- internal: empty while it is pending
    amount_minor BIGINT NOT NULL -- secret: what was asked for; 0 before it was sent
);

CREATE INDEX reminder_by_seq ON reminder (seq);
CREATE INDEX reminder_due ON reminder (channel, due_at) WHERE due_at <> '';
CREATE INDEX reminder_by_row ON reminder (loan, due_on, channel, days);
CREATE INDEX reminder_by_party ON reminder (party, seq);

-- +goose Down
DROP TABLE reminder;
