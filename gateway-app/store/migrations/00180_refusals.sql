-- +goose Up
-- How often what was refused in a month, kept up with every block: no report walks the records or their history.
CREATE TABLE rm_refusal (
    platform     TEXT NOT NULL, -- internal
    custodian    TEXT NOT NULL, -- internal
    month        TEXT NOT NULL, -- internal: of the business date
    what         TEXT NOT NULL, -- internal
    refused_by   TEXT NOT NULL, -- internal: the member; empty where time did
    code         TEXT NOT NULL, -- internal: its reason; empty where time is the reason
    cases        BIGINT NOT NULL, -- internal
    amount_minor BIGINT NOT NULL, -- secret
    PRIMARY KEY (platform, custodian, month, what, refused_by, code)
);
-- The member's own commands that were refused are found without a walk over all: gateway-app/outbox repeats the condition.
CREATE INDEX outbox_command_refused ON outbox_command (decided_at) WHERE status = 'refused' OR replace(answer, 'refused', '') <> answer;

-- +goose Down
DROP INDEX outbox_command_refused;
DROP TABLE rm_refusal;
