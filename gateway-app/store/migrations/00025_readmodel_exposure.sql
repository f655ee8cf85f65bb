-- +goose Up
CREATE TABLE rm_link (
    collection TEXT NOT NULL, -- internal
    id         TEXT NOT NULL, -- secret
    seq        BIGINT NOT NULL, -- internal
    state      TEXT NOT NULL, -- secret
    block      BIGINT NOT NULL, -- internal
    tx_id      TEXT NOT NULL, -- internal
    at         TEXT NOT NULL, -- internal
    pseudonym  TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);
CREATE INDEX rm_link_by_pseudonym ON rm_link (pseudonym);

CREATE TABLE rm_exposure (
    collection  TEXT NOT NULL, -- internal
    id          TEXT NOT NULL, -- secret
    seq         BIGINT NOT NULL, -- internal
    sequence    BIGINT NOT NULL, -- secret
    salt        TEXT NOT NULL, -- secret
    state       TEXT NOT NULL, -- secret
    block       BIGINT NOT NULL, -- internal
    tx_id       TEXT NOT NULL, -- internal
    at          TEXT NOT NULL, -- internal
    total_minor BIGINT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_reservation (
    loan         TEXT PRIMARY KEY, -- secret
    seq          BIGINT NOT NULL, -- internal
    pseudonym    TEXT NOT NULL, -- secret
    platform     TEXT NOT NULL, -- secret
    custodian    TEXT NOT NULL, -- secret
    amount_minor BIGINT NOT NULL, -- secret
    expires_on   TEXT NOT NULL, -- secret
    block        BIGINT NOT NULL -- internal
);

CREATE TABLE rm_clearance (
    collection      TEXT NOT NULL, -- internal
    id              TEXT NOT NULL, -- secret
    seq             BIGINT NOT NULL, -- internal
    state           TEXT NOT NULL, -- secret
    block           BIGINT NOT NULL, -- internal
    tx_id           TEXT NOT NULL, -- internal
    at              TEXT NOT NULL, -- internal
    loan            TEXT NOT NULL, -- secret
    principal_minor BIGINT NOT NULL, -- secret
    expires_on      TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);

-- +goose Down
DROP TABLE rm_clearance;
DROP TABLE rm_reservation;
DROP TABLE rm_exposure;
DROP TABLE rm_link;
