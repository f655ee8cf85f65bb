-- +goose Up
CREATE TABLE reminder_language (
    party    TEXT PRIMARY KEY, -- secret: the borrower's handle
    language TEXT NOT NULL -- internal: zh or en
);

-- +goose Down
DROP TABLE reminder_language;
