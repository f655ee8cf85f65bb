-- +goose Up
CREATE TABLE access_certificate (
    fingerprint TEXT PRIMARY KEY, -- internal: SHA-256 of the certificate
    user_id     TEXT NOT NULL, -- internal: whose it is; empty: only revoked
    label       TEXT NOT NULL, -- secret: sealed; empty: only revoked
    expires_at  TEXT NOT NULL, -- internal
    bound_at    TEXT NOT NULL, -- internal
    revoked_at  TEXT NOT NULL -- internal: empty while it is good
);

-- +goose Down
DROP TABLE access_certificate;
