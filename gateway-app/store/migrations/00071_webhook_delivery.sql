-- +goose Up
CREATE TABLE webhook_delivery (
    endpoint TEXT NOT NULL, -- internal
    sequence BIGINT NOT NULL, -- internal: the row of the feed
    subject  TEXT NOT NULL, -- secret
    type     TEXT NOT NULL, -- internal
    body     TEXT NOT NULL, -- secret
    status   TEXT NOT NULL, -- internal: pending, delivered or dead
    attempts BIGINT NOT NULL, -- internal
    since    TEXT NOT NULL, -- internal: when it was asked for
    due_at   TEXT NOT NULL, -- internal: of one that is pending: not before
    ended_at TEXT NOT NULL, -- internal: empty while it is pending
    answer   BIGINT NOT NULL, -- internal: the last HTTP status, 0 for none
    reason   TEXT NOT NULL, -- internal: why the last attempt failed
    PRIMARY KEY (endpoint, sequence)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint, status, due_at);
CREATE INDEX webhook_delivery_subject ON webhook_delivery (endpoint, subject, status, sequence);
CREATE INDEX webhook_delivery_ended ON webhook_delivery (status, ended_at);

-- +goose Down
DROP TABLE webhook_delivery;
