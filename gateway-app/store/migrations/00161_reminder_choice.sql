-- +goose Up
CREATE TABLE reminder_choice (
    party      TEXT NOT NULL, -- secret: the borrower's handle
    channel    TEXT NOT NULL, -- internal
    opted_out  BOOLEAN NOT NULL, -- internal
    chosen_by  TEXT NOT NULL, -- internal: who chose, or link for whoever followed the link in a message
    chosen_at  TEXT NOT NULL, -- internal
    PRIMARY KEY (party, channel)
);

-- +goose Down
DROP TABLE reminder_choice;
