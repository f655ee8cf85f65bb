-- +goose Up
CREATE TABLE access_oidc_link (
    subject_index TEXT PRIMARY KEY, -- top secret: a keyed hash of issuer and subject
    user_id       TEXT NOT NULL REFERENCES access_user (id), -- internal
    linked_at     TEXT NOT NULL -- internal
);

CREATE TABLE access_oidc_attempt (
    state_hash   TEXT PRIMARY KEY, -- top secret: SHA-256 of the state
    binding_hash TEXT NOT NULL, -- top secret: SHA-256 of what the browser keeps
    nonce        TEXT NOT NULL, -- internal
    verifier     BYTEA NOT NULL, -- top secret: sealed
    expires_at   TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE access_oidc_attempt;
DROP TABLE access_oidc_link;
