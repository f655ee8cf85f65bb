-- +goose Up
CREATE TABLE access_administrator (
    user_id TEXT PRIMARY KEY, -- internal: who is, or ever was, an administrator
    since   TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE access_administrator;
