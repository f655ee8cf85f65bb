-- +goose Up
CREATE TABLE reminder_day (
    custodian   TEXT PRIMARY KEY, -- internal
    business_on TEXT NOT NULL -- internal: up to which business date reminders were made; never falls, whatever the read model does
);

-- +goose Down
DROP TABLE reminder_day;
