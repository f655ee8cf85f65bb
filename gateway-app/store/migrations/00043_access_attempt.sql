-- +goose Up
CREATE TABLE access_attempt (
    name_index   TEXT PRIMARY KEY, -- top secret: a keyed hash; of names that nobody has, too
    failures     BIGINT NOT NULL, -- internal
    locked_until TEXT NOT NULL, -- internal
    last_at      TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE access_attempt;
