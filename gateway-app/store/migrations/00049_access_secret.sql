-- +goose Up
CREATE TABLE access_secret (
    name   TEXT PRIMARY KEY, -- internal
    sealed BYTEA NOT NULL -- top secret: sealed
);

-- +goose Down
DROP TABLE access_secret;
