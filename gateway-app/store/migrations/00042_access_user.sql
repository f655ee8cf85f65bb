-- +goose Up
CREATE TABLE access_organisation (
    id         TEXT PRIMARY KEY, -- internal
    name       TEXT NOT NULL UNIQUE, -- internal
    created_at TEXT NOT NULL -- internal
);

CREATE TABLE access_user (
    id                TEXT PRIMARY KEY, -- internal
    organisation      TEXT NOT NULL REFERENCES access_organisation (id), -- internal
    kind              TEXT NOT NULL, -- internal: person or machine
    name_index        TEXT NOT NULL UNIQUE, -- top secret: a keyed hash
    name_sealed       BYTEA NOT NULL, -- top secret: sealed
    party             TEXT NOT NULL, -- secret: a borrower's or lender's handle
    status            TEXT NOT NULL, -- internal: active or disabled
    password          TEXT NOT NULL, -- top secret: an argon2id hash with its parameters; empty: none
    password_due      BOOLEAN NOT NULL, -- internal: somebody else made the password, so it is to be changed first
    code_secret       BYTEA, -- top secret: sealed
    code_confirmed    BOOLEAN NOT NULL, -- internal
    code_last_step    BIGINT NOT NULL, -- internal: no code of this step or an earlier one is taken again
    certificate       TEXT NOT NULL, -- internal: the ledger identity that signs for them
    created_at        TEXT NOT NULL, -- internal
    updated_at        TEXT NOT NULL, -- internal
    reset_at          TEXT NOT NULL DEFAULT '' -- internal: when others last gave them a new password; empty: never
);

CREATE INDEX access_user_by_party ON access_user (party);

CREATE TABLE access_user_role (
    user_id TEXT NOT NULL REFERENCES access_user (id), -- internal
    role    TEXT NOT NULL, -- internal
    PRIMARY KEY (user_id, role)
);

-- +goose Down
DROP TABLE access_user_role;
DROP TABLE access_user;
DROP TABLE access_organisation;
