-- +goose Up
CREATE TABLE pseudonym_application (
    epoch      BIGINT NOT NULL, -- internal
    collection TEXT NOT NULL, -- internal
    party      TEXT NOT NULL, -- secret: the party's handle
    failures   BIGINT NOT NULL, -- internal: openings that did not fit the verified number
    status     TEXT NOT NULL, -- internal: open, linked or mismatch
    pseudonym  TEXT NOT NULL, -- secret: the common pseudonym, at the custodian alone
    changed_at TEXT NOT NULL, -- internal
    PRIMARY KEY (epoch, collection, party)
);

-- +goose Down
DROP TABLE pseudonym_application;
