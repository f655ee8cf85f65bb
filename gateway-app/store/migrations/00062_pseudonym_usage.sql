-- +goose Up
CREATE TABLE pseudonym_usage (
    day      TEXT NOT NULL, -- internal: of the process's clock, in UTC
    caller   TEXT NOT NULL, -- internal
    purpose  TEXT NOT NULL, -- internal
    calls    BIGINT NOT NULL, -- internal
    elements BIGINT NOT NULL, -- internal
    refused  BIGINT NOT NULL, -- internal: elements beyond the day's limit, or that did not fit
    PRIMARY KEY (day, caller, purpose)
);

-- +goose Down
DROP TABLE pseudonym_usage;
