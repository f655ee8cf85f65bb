-- +goose Up
CREATE TABLE payout_run (
    run           TEXT PRIMARY KEY, -- internal: the handle that the ledger knows it by
    custodian     TEXT NOT NULL, -- internal
    business_date TEXT NOT NULL, -- internal
    sequence      BIGINT NOT NULL, -- internal: of the date, from 1
    status        TEXT NOT NULL, -- internal: running or finished
    started_at    TEXT NOT NULL, -- internal
    finished_at   TEXT NOT NULL, -- internal: empty while it runs
    UNIQUE (custodian, business_date, sequence)
);

-- +goose Down
DROP TABLE payout_run;
