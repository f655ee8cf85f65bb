-- +goose Up
CREATE TABLE outbox_request (
    id              TEXT PRIMARY KEY, -- internal: a command's own id, or a merged batch's
    function        TEXT NOT NULL, -- internal
    commands        BIGINT NOT NULL, -- internal: how many it carries
    body            BYTEA, -- secret: what was proposed; none once decided
    envelope        BYTEA, -- secret: what was endorsed and is to be sent; none once decided or given up
    tx_id           TEXT NOT NULL, -- public: of the last envelope
    prepared_at     TEXT NOT NULL, -- internal
    prepared_height BIGINT NOT NULL, -- public: the chain was at least so high
    doubtful        BOOLEAN NOT NULL, -- internal: an earlier envelope was given up without a verdict
    block           BIGINT NOT NULL, -- public
    decided_at      TEXT NOT NULL -- internal: empty while it is under way
);
CREATE INDEX outbox_request_transaction ON outbox_request (tx_id);

-- +goose Down
DROP TABLE outbox_request;
