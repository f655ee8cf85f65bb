-- +goose Up
CREATE TABLE rm_checkpoint (
    id    BIGINT PRIMARY KEY, -- internal
    block BIGINT NOT NULL, -- internal
    hash  TEXT NOT NULL, -- public
    seq   BIGINT NOT NULL, -- internal
    feed  BIGINT NOT NULL -- internal
);

CREATE TABLE rm_feed (
    seq        BIGINT PRIMARY KEY, -- internal
    block      BIGINT NOT NULL, -- public
    tx_id      TEXT NOT NULL, -- public
    at         TEXT NOT NULL, -- public
    type       TEXT NOT NULL, -- internal
    kind       TEXT NOT NULL, -- internal
    collection TEXT NOT NULL, -- internal
    platform   TEXT NOT NULL, -- internal
    subject    TEXT NOT NULL, -- secret
    payload    TEXT NOT NULL -- secret
);

CREATE TABLE rm_event (
    collection TEXT NOT NULL, -- internal
    noun       TEXT NOT NULL, -- internal
    id         TEXT NOT NULL, -- secret
    seq        BIGINT NOT NULL, -- internal
    sequence   BIGINT NOT NULL, -- internal
    block      BIGINT NOT NULL, -- public
    tx_id      TEXT NOT NULL, -- public
    at         TEXT NOT NULL, -- public
    kind       TEXT NOT NULL, -- internal
    dated      TEXT NOT NULL, -- secret
    event      TEXT NOT NULL, -- secret
    PRIMARY KEY (collection, noun, id, seq)
);

-- +goose Down
DROP TABLE rm_event;
DROP TABLE rm_feed;
DROP TABLE rm_checkpoint;
