-- +goose Up
-- What was refused is found without a walk over all that happened, and counted without reading a record.
-- gateway-app/projection repeats the conditions.
CREATE INDEX rm_event_by_refusal ON rm_event (noun, dated, kind, collection, id, event) WHERE kind IN ('decline', 'expire', 'refused', 'expired');
CREATE INDEX rm_loan_refused ON rm_loan (collection, id, status, platform, custodian, principal_minor) WHERE status IN ('declined', 'expired');
-- The same for the member's own commands: gateway-app/outbox repeats the condition.
CREATE INDEX outbox_command_refused ON outbox_command (decided_at) WHERE status = 'refused' OR replace(answer, 'refused', '') <> answer;

-- +goose Down
DROP INDEX outbox_command_refused;
DROP INDEX rm_loan_refused;
DROP INDEX rm_event_by_refusal;
