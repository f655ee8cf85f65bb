-- +goose Up
CREATE TABLE rm_root (
    collection TEXT NOT NULL, -- public
    id         TEXT NOT NULL, -- public
    seq        BIGINT NOT NULL, -- public
    state      TEXT NOT NULL, -- public
    block      BIGINT NOT NULL, -- public
    tx_id      TEXT NOT NULL, -- public
    at         TEXT NOT NULL, -- public
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_member (
    collection TEXT NOT NULL, -- public
    id         TEXT NOT NULL, -- public
    seq        BIGINT NOT NULL, -- public
    state      TEXT NOT NULL, -- public
    block      BIGINT NOT NULL, -- public
    tx_id      TEXT NOT NULL, -- public
    at         TEXT NOT NULL, -- public
    kind       TEXT NOT NULL, -- public
    msp_id     TEXT NOT NULL, -- public
    digest     TEXT NOT NULL, -- public
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_regime (
    collection     TEXT NOT NULL, -- public
    id             TEXT NOT NULL, -- public
    seq            BIGINT NOT NULL, -- public
    sequence       BIGINT NOT NULL, -- public
    salt           TEXT NOT NULL, -- public
    state          TEXT NOT NULL, -- public
    block          BIGINT NOT NULL, -- public
    tx_id          TEXT NOT NULL, -- public
    at             TEXT NOT NULL, -- public
    effective_from TEXT NOT NULL, -- public
    until          TEXT NOT NULL, -- public
    digest         TEXT NOT NULL, -- public
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_platform_freeze (
    collection   TEXT NOT NULL, -- public
    id           TEXT NOT NULL, -- public
    seq          BIGINT NOT NULL, -- public
    sequence     BIGINT NOT NULL, -- public
    salt         TEXT NOT NULL, -- public
    state        TEXT NOT NULL, -- public
    block        BIGINT NOT NULL, -- public
    tx_id        TEXT NOT NULL, -- public
    at           TEXT NOT NULL, -- public
    order_number TEXT NOT NULL, -- public
    in_force     BIGINT NOT NULL, -- public
    since        TEXT NOT NULL, -- public
    released_on  TEXT NOT NULL, -- public
    PRIMARY KEY (collection, id)
);

CREATE TABLE rm_day (
    collection TEXT NOT NULL, -- public
    id         TEXT NOT NULL, -- public
    seq        BIGINT NOT NULL, -- public
    sequence   BIGINT NOT NULL, -- public
    salt       TEXT NOT NULL, -- public
    state      TEXT NOT NULL, -- public
    block      BIGINT NOT NULL, -- public
    tx_id      TEXT NOT NULL, -- public
    at         TEXT NOT NULL, -- public
    date       TEXT NOT NULL, -- public
    open       BIGINT NOT NULL, -- public
    regime     TEXT NOT NULL, -- public
    PRIMARY KEY (collection, id)
);

-- +goose Down
DROP TABLE rm_day;
DROP TABLE rm_platform_freeze;
DROP TABLE rm_regime;
DROP TABLE rm_member;
DROP TABLE rm_root;
