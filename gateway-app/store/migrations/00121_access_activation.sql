-- +goose Up
CREATE TABLE access_activation (
    user_id    TEXT PRIMARY KEY REFERENCES access_user (id), -- internal: the customer who is to choose a password
    code_hash  TEXT NOT NULL, -- top secret: SHA-256 of the code
    issued_by  TEXT NOT NULL, -- internal
    issued_at  TEXT NOT NULL, -- internal
    expires_at TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE access_activation;
