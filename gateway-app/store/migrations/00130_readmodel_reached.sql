-- +goose Up
ALTER TABLE rm_checkpoint ADD COLUMN reached BIGINT NOT NULL DEFAULT -1; -- internal: the furthest block that the rows have shown or are to show before anybody reads them

-- +goose Down
ALTER TABLE rm_checkpoint DROP COLUMN reached;
