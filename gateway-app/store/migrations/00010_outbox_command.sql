-- +goose Up
CREATE TABLE outbox_command (
    id          TEXT PRIMARY KEY, -- internal: the ledger's request id
    seq         BIGINT NOT NULL UNIQUE, -- internal: the order of storing
    function    TEXT NOT NULL, -- internal
    collection  TEXT NOT NULL, -- internal
    mode        TEXT NOT NULL, -- internal
    identity    TEXT NOT NULL, -- internal: the name of the identity that signs
    approvals   TEXT NOT NULL, -- internal: JSON, who of the staff asked and approved
    signed      TEXT NOT NULL, -- internal: JSON, the approvers' signatures, which are sent with the items; empty where there are none
    lanes       TEXT NOT NULL, -- secret: JSON, handles of loans and the like
    merge       BOOLEAN NOT NULL, -- internal
    items       BIGINT NOT NULL, -- internal: how many
    size_bytes  BIGINT NOT NULL, -- internal: of body
    salt        TEXT NOT NULL, -- secret: makes the ledger's public digests tell nothing
    body        BYTEA, -- secret: the items; none once decided
    digest      TEXT NOT NULL, -- internal: salted, of what the id was first used for
    status      TEXT NOT NULL, -- internal
    request_id  TEXT NOT NULL, -- internal: the request it was last sent in; empty before
    tx_id       TEXT NOT NULL, -- public
    block       BIGINT NOT NULL, -- public
    answer      TEXT NOT NULL, -- internal: JSON, counts and codes
    fault       TEXT NOT NULL, -- internal: JSON
    stored_at   TEXT NOT NULL, -- internal
    decided_at  TEXT NOT NULL -- internal: empty while it is under way
);
CREATE INDEX outbox_command_undecided ON outbox_command (seq) WHERE decided_at = '';
CREATE INDEX outbox_command_request ON outbox_command (request_id, seq);

-- +goose Down
DROP TABLE outbox_command;
