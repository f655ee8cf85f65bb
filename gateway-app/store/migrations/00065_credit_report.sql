-- +goose Up
CREATE TABLE credit_report (
    collection TEXT NOT NULL, -- internal
    party      TEXT NOT NULL, -- secret: the party's handle
    consent    BIGINT NOT NULL, -- secret: the consent under which it was fetched
    source     TEXT NOT NULL, -- internal: the bureau's name
    fetched_at TEXT NOT NULL, -- internal
    report     TEXT NOT NULL, -- secret: bands only
    PRIMARY KEY (collection, party, consent, source)
);

-- +goose Down
DROP TABLE credit_report;
