-- +goose Up
CREATE TABLE warning_loan (
    loan              TEXT PRIMARY KEY, -- secret
    seq               BIGINT NOT NULL UNIQUE, -- internal
    borrower          TEXT NOT NULL, -- secret
    grade             TEXT NOT NULL, -- secret
    term_months       BIGINT NOT NULL, -- secret
    started_on        TEXT NOT NULL, -- secret
    status            TEXT NOT NULL, -- secret
    outstanding_minor BIGINT NOT NULL, -- secret
    past_due_days     BIGINT NOT NULL, -- secret: on the day of the refreshment
    ever_overdue      BIGINT NOT NULL, -- secret: 1 once it was past due for longer than 30 days
    applied_ppm       BIGINT NOT NULL, -- secret: what the decision gave when it was lent; 0 where there was none
    probability_ppm   BIGINT NOT NULL, -- secret
    lowest_ppm        BIGINT NOT NULL, -- secret: since it was lent
    speaker           TEXT NOT NULL, -- internal: the model's hash, or start
    reasons           TEXT NOT NULL, -- secret: JSON, what moved the probability most
    band              TEXT NOT NULL, -- secret
    on_date           TEXT NOT NULL, -- internal: the business day that it is as of
    event_seq         BIGINT NOT NULL, -- internal: of the feed, the last that it counts; 0 for a day that was opened
    refreshed_at      TEXT NOT NULL -- internal
);
CREATE INDEX warning_loan_by_borrower ON warning_loan (borrower);
CREATE INDEX warning_loan_by_band ON warning_loan (band, seq);

CREATE TABLE warning_band (
    loan            TEXT NOT NULL, -- secret
    seq             BIGINT NOT NULL, -- internal
    on_date         TEXT NOT NULL, -- internal
    band            TEXT NOT NULL, -- secret: that it came into
    probability_ppm BIGINT NOT NULL, -- secret
    PRIMARY KEY (loan, seq)
);

-- +goose Down
DROP TABLE warning_band;
DROP TABLE warning_loan;
