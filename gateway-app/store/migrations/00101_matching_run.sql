-- +goose Up
CREATE TABLE matching_run (
    run           TEXT PRIMARY KEY, -- internal
    collection    TEXT NOT NULL, -- internal
    business_date TEXT NOT NULL, -- internal
    sequence      BIGINT NOT NULL, -- internal: of the date, from 1
    status        TEXT NOT NULL, -- internal: running, open or finished
    started_at    TEXT NOT NULL, -- internal
    matched_at    TEXT NOT NULL, -- internal: empty until it is decided
    finished_at   TEXT NOT NULL, -- internal: empty while a proposal is open
    algorithm     TEXT NOT NULL, -- internal
    input_digest  TEXT NOT NULL, -- secret
    output_digest TEXT NOT NULL, -- secret
    salt          TEXT NOT NULL, -- secret
    record_digest TEXT NOT NULL, -- public: anchored on the ledger
    anchored_tx   TEXT NOT NULL, -- public: empty until the ledger has it
    matched_minor BIGINT NOT NULL, -- secret
    bound_minor   BIGINT NOT NULL, -- secret: 0 where it was not worked out
    inputs        BYTEA, -- top secret: sealed; what the run looked at
    outcome       BYTEA, -- top secret: sealed; what it decided, with reasons
    UNIQUE (collection, business_date, sequence)
);
CREATE INDEX matching_run_by_status ON matching_run (status, started_at);

-- +goose Down
DROP TABLE matching_run;
