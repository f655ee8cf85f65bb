-- +goose Up
CREATE TABLE rm_party (
    collection       TEXT NOT NULL, -- internal
    id               TEXT NOT NULL, -- secret
    seq              BIGINT NOT NULL, -- internal
    sequence         BIGINT NOT NULL, -- secret
    salt             TEXT NOT NULL, -- secret
    state            TEXT NOT NULL, -- secret
    block            BIGINT NOT NULL, -- internal
    tx_id            TEXT NOT NULL, -- internal
    at               TEXT NOT NULL, -- internal
    platform         TEXT NOT NULL, -- secret
    custodian        TEXT NOT NULL, -- secret
    kind             TEXT NOT NULL, -- secret
    kyc_level        BIGINT NOT NULL, -- secret
    expires_on       TEXT NOT NULL, -- secret
    attested         BIGINT NOT NULL, -- secret
    account_verified BIGINT NOT NULL, -- secret
    frozen_until     TEXT NOT NULL, -- secret
    revoked_on       TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);
CREATE INDEX rm_party_by_seq ON rm_party (seq);

CREATE TABLE rm_mandate (
    collection   TEXT NOT NULL, -- internal
    id           TEXT NOT NULL, -- secret
    seq          BIGINT NOT NULL, -- internal
    sequence     BIGINT NOT NULL, -- secret
    salt         TEXT NOT NULL, -- secret
    state        TEXT NOT NULL, -- secret
    block        BIGINT NOT NULL, -- internal
    tx_id        TEXT NOT NULL, -- internal
    at           TEXT NOT NULL, -- internal
    platform     TEXT NOT NULL, -- secret
    custodian    TEXT NOT NULL, -- secret
    party        TEXT NOT NULL, -- secret
    purpose      TEXT NOT NULL, -- secret
    loan         TEXT NOT NULL, -- secret
    total_minor  BIGINT NOT NULL, -- secret
    used_minor   BIGINT NOT NULL, -- secret
    expires_on   TEXT NOT NULL, -- secret
    confirmed_on TEXT NOT NULL, -- secret
    revoked_on   TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, id)
);
CREATE INDEX rm_mandate_by_seq ON rm_mandate (seq);
CREATE INDEX rm_mandate_by_party ON rm_mandate (party, seq);

-- +goose Down
DROP TABLE rm_mandate;
DROP TABLE rm_party;
