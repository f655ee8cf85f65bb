-- +goose Up
CREATE TABLE warning (
    id                TEXT PRIMARY KEY, -- internal
    seq               BIGINT NOT NULL UNIQUE, -- internal
    loan              TEXT NOT NULL, -- secret
    borrower          TEXT NOT NULL, -- secret
    rule              TEXT NOT NULL, -- internal
    rule_version      BIGINT NOT NULL, -- internal
    pack              TEXT NOT NULL, -- internal
    severity          TEXT NOT NULL, -- internal
    status            TEXT NOT NULL, -- internal: open or closed
    before_ppm        BIGINT NOT NULL, -- secret: of the refreshment before
    probability_ppm   BIGINT NOT NULL, -- secret: that raised it
    past_due_days     BIGINT NOT NULL, -- secret
    outstanding_minor BIGINT NOT NULL, -- secret
    reasons           TEXT NOT NULL, -- secret
    raised_on         TEXT NOT NULL, -- internal: business day
    raised_at         TEXT NOT NULL, -- internal
    owner             TEXT NOT NULL, -- internal: a user's id, empty until somebody looks after it
    outcome           TEXT NOT NULL, -- secret
    closed_by         TEXT NOT NULL, -- internal: a user's id, empty where the loan itself has settled it
    closed_on         TEXT NOT NULL, -- internal: business day
    closed_at         TEXT NOT NULL, -- internal
    went_overdue      TEXT NOT NULL -- secret: the day within 90 days on which the loan was past due for over 30 days
);
CREATE UNIQUE INDEX warning_open ON warning (loan, rule) WHERE status = 'open';
CREATE INDEX warning_by_status ON warning (status, seq);
CREATE INDEX warning_by_borrower ON warning (borrower);
CREATE INDEX warning_by_loan ON warning (loan, seq);

-- +goose Down
DROP TABLE warning;
