-- +goose Up
CREATE TABLE access_approval (
    id            TEXT PRIMARY KEY, -- internal
    operation     TEXT NOT NULL, -- internal
    subject       TEXT NOT NULL, -- secret: a handle
    body_digest   TEXT NOT NULL, -- secret: SHA-256 of the command's body
    body_sealed   BYTEA, -- top secret: sealed; the body itself, until it is decided on and used or has expired
    request_id    TEXT NOT NULL, -- internal: of the ledger's request that is signed; empty where nothing goes to the ledger
    function      TEXT NOT NULL, -- internal: of the ledger's request
    collection    TEXT NOT NULL, -- internal: of the ledger's request
    ledger_digest TEXT NOT NULL, -- secret: what the approver's key signs, not salted
    signed        TEXT NOT NULL, -- internal: JSON, the approver's certificates and signature
    status        TEXT NOT NULL, -- internal: pending, approved, declined or used
    requested_by  TEXT NOT NULL, -- internal
    requested_at  TEXT NOT NULL, -- internal
    expires_at    TEXT NOT NULL, -- internal
    decided_by    TEXT NOT NULL, -- internal: empty while it is pending
    decided_at    TEXT NOT NULL, -- internal
    used_at       TEXT NOT NULL, -- internal
    command_id    TEXT NOT NULL -- internal: the command that used it
);

CREATE INDEX access_approval_body ON access_approval (requested_by, body_digest);

-- +goose Down
DROP TABLE access_approval;
