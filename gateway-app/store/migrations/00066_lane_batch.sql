-- +goose Up
CREATE TABLE lane_batch (
    lane       TEXT NOT NULL, -- internal
    number     BIGINT NOT NULL, -- internal
    run        TEXT NOT NULL, -- internal
    request_id TEXT NOT NULL, -- internal
    function   TEXT NOT NULL, -- internal
    collection TEXT NOT NULL, -- internal
    items      TEXT NOT NULL, -- secret: JSON array
    salt       TEXT NOT NULL, -- secret
    decided    BOOLEAN NOT NULL, -- internal
    applied    BIGINT NOT NULL, -- internal
    refused    TEXT NOT NULL, -- internal: JSON array of refusals
    block      BIGINT NOT NULL, -- internal: where it was committed; 0 when nothing was applied
    stored_at  TEXT NOT NULL, -- internal
    PRIMARY KEY (lane, number)
);
CREATE INDEX lane_batch_run ON lane_batch (lane, run, number);

-- +goose Down
DROP TABLE lane_batch;
