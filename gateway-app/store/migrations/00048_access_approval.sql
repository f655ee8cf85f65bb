-- +goose Up
CREATE TABLE access_approval (
    id           TEXT PRIMARY KEY, -- internal
    operation    TEXT NOT NULL, -- internal
    subject      TEXT NOT NULL, -- secret: a handle
    body_digest  TEXT NOT NULL, -- secret: SHA-256 of the command's body
    status       TEXT NOT NULL, -- internal: pending, approved, declined or used
    requested_by TEXT NOT NULL, -- internal
    requested_at TEXT NOT NULL, -- internal
    expires_at   TEXT NOT NULL, -- internal
    decided_by   TEXT NOT NULL, -- internal: empty while it is pending
    decided_at   TEXT NOT NULL, -- internal
    used_at      TEXT NOT NULL, -- internal
    command_id   TEXT NOT NULL -- internal: the command that used it
);

CREATE INDEX access_approval_body ON access_approval (requested_by, body_digest);

-- +goose Down
DROP TABLE access_approval;
