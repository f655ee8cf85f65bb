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
    due_at   TEXT NOT NULL, -- internal: not before; empty when it ended or waits for an earlier one about its subject
    ended_at TEXT NOT NULL, -- internal: empty while it is pending
    answer   BIGINT NOT NULL, -- internal: the last HTTP status, 0 for none
    reason   TEXT NOT NULL, -- internal: why the last attempt failed
    PRIMARY KEY (endpoint, sequence)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint, due_at) WHERE due_at <> '';
CREATE INDEX webhook_delivery_pending ON webhook_delivery (endpoint, subject, sequence) WHERE status = 'pending';
CREATE INDEX webhook_delivery_ended ON webhook_delivery (status, ended_at);

-- +goose Down
DROP TABLE webhook_delivery;
