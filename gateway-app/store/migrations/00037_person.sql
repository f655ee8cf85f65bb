-- +goose Up
CREATE TABLE person (
    id              TEXT PRIMARY KEY, -- internal
    party           TEXT NOT NULL, -- internal: the handle on the ledger
    kind            TEXT NOT NULL, -- internal
    status          TEXT NOT NULL, -- internal
    version         BIGINT NOT NULL, -- internal
    created_at      TEXT NOT NULL, -- internal
    changed_at      TEXT NOT NULL, -- internal
    name            TEXT NOT NULL, -- secret: sealed
    identity_number TEXT NOT NULL, -- top secret: sealed
    phone           TEXT NOT NULL, -- secret: sealed
    email           TEXT NOT NULL, -- secret: sealed
    address         TEXT NOT NULL, -- secret: sealed
    bank_name       TEXT NOT NULL, -- secret: sealed
    bank_account    TEXT NOT NULL, -- top secret: sealed
    identity_index  TEXT NOT NULL, -- top secret: blind index
    phone_index     TEXT NOT NULL -- top secret: blind index
);

CREATE UNIQUE INDEX person_by_party ON person (party) WHERE party <> '';
CREATE INDEX person_by_identity ON person (identity_index);
CREATE INDEX person_by_phone ON person (phone_index);

-- +goose Down
DROP TABLE person;
