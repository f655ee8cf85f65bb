-- +goose Up
CREATE TABLE access_log (
    seq          BIGINT PRIMARY KEY, -- internal: from 1, without gaps
    at           TEXT NOT NULL, -- internal
    actor        TEXT NOT NULL, -- internal: a user's id, never a name
    operation    TEXT NOT NULL, -- internal
    decision     TEXT NOT NULL, -- internal
    policy       TEXT NOT NULL, -- internal
    subject      TEXT NOT NULL, -- secret: a handle
    request_id   TEXT NOT NULL, -- internal
    count        BIGINT NOT NULL, -- internal: of those whose data was shown or written
    disclosed    TEXT NOT NULL, -- internal: SHA-256 of their handles; empty where there are none
    confidential BOOLEAN NOT NULL, -- internal: withheld from whoever may not know of alerts
    salt         TEXT NOT NULL, -- secret: 128 random bits; with them the digest's content can be tried out
    digest       TEXT NOT NULL, -- internal: SHA-256 of the columns from at to confidential, with the salt
    previous     TEXT NOT NULL, -- internal
    hash         TEXT NOT NULL -- internal: SHA-256 of seq, digest and previous
);

CREATE TABLE access_disclosure (
    digest   TEXT PRIMARY KEY, -- internal: SHA-256 of the next column
    subjects BYTEA NOT NULL -- secret: handles of parties, loans and records in their order, 16 bytes each
);

-- +goose Down
DROP TABLE access_disclosure;
DROP TABLE access_log;
