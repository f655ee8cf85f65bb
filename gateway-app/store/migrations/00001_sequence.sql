-- +goose Up
CREATE TABLE store_sequence (
    name TEXT PRIMARY KEY, -- internal
    last BIGINT NOT NULL -- internal
);

-- +goose Down
DROP TABLE store_sequence;
