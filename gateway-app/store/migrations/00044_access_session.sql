-- +goose Up
CREATE TABLE access_session (
    id         TEXT PRIMARY KEY, -- internal
    token_hash TEXT NOT NULL UNIQUE, -- top secret: SHA-256 of the token
    user_id    TEXT NOT NULL REFERENCES access_user (id), -- internal
    means      TEXT NOT NULL, -- internal: password or oidc
    created_at TEXT NOT NULL, -- internal
    seen_at    TEXT NOT NULL, -- internal
    expires_at TEXT NOT NULL, -- internal
    ended_at   TEXT NOT NULL -- internal: empty while it lasts
);

CREATE INDEX access_session_user ON access_session (user_id);

-- +goose Down
DROP TABLE access_session;
