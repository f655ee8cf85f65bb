-- +goose Up
CREATE TABLE access_key (
    id         TEXT PRIMARY KEY, -- internal
    key_hash   TEXT NOT NULL UNIQUE, -- top secret: SHA-256 of the key
    user_id    TEXT NOT NULL REFERENCES access_user (id), -- internal: whose rights it has
    label      TEXT NOT NULL, -- secret: sealed
    operations TEXT NOT NULL, -- internal: the operation ids that it is good for, as JSON
    created_by TEXT NOT NULL, -- internal
    created_at TEXT NOT NULL, -- internal
    expires_at TEXT NOT NULL, -- internal
    seen_at    TEXT NOT NULL, -- internal: empty until it is used
    revoked_at TEXT NOT NULL -- internal: empty while it is good
);

-- +goose Down
DROP TABLE access_key;
