-- +goose Up
CREATE TABLE submission_content (
    platform TEXT NOT NULL, -- public
    kind     TEXT NOT NULL, -- public
    period   TEXT NOT NULL, -- public
    version  BIGINT NOT NULL, -- public
    piece    BIGINT NOT NULL, -- internal: from 0
    data     BYTEA NOT NULL, -- secret: as it was stated, as gzip, in pieces of at most a mebibyte; that of a disclosure is published
    PRIMARY KEY (platform, kind, period, version, piece)
);

-- +goose Down
DROP TABLE submission_content;
