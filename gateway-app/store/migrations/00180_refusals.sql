-- +goose Up
-- What was refused is found without a walk over all that happened. gateway-app/projection repeats the condition.
CREATE INDEX rm_event_by_refusal ON rm_event (noun, dated) WHERE kind IN ('decline', 'expire', 'refused', 'expired');
-- The same for the member's own commands: gateway-app/outbox repeats the condition.
CREATE INDEX outbox_command_refused ON outbox_command (decided_at) WHERE status = 'refused' OR replace(answer, 'refused', '') <> answer;

-- +goose Down
DROP INDEX outbox_command_refused;
DROP INDEX rm_event_by_refusal;
