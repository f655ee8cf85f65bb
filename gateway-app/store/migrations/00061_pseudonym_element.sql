-- +goose Up
CREATE TABLE pseudonym_element (
    epoch       BIGINT NOT NULL, -- internal
    collection  TEXT NOT NULL, -- internal
    party       TEXT NOT NULL, -- secret: the party's handle
    attempt     BIGINT NOT NULL, -- internal
    caller      TEXT NOT NULL, -- internal: the platform that blinded
    element     TEXT NOT NULL, -- secret: a blinded point, hexadecimal
    received_at TEXT NOT NULL, -- internal
    PRIMARY KEY (epoch, collection, party, attempt)
);

-- +goose Down
DROP TABLE pseudonym_element;
