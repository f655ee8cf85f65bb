-- +goose Up
CREATE TABLE rm_closing (
    platform  TEXT NOT NULL, -- internal
    custodian TEXT NOT NULL, -- internal
    closed_on TEXT NOT NULL, -- internal
    seq       BIGINT NOT NULL, -- internal
    block     BIGINT NOT NULL, -- internal
    tx_id     TEXT NOT NULL, -- internal
    at        TEXT NOT NULL, -- internal
    standing  TEXT NOT NULL, -- internal: sums over all loans of the platform
    regime        TEXT NOT NULL, -- internal: the reporting pack that was in force at this block; empty: none was
    regime_digest TEXT NOT NULL, -- internal
    PRIMARY KEY (platform, custodian, closed_on)
);
CREATE INDEX rm_closing_by_seq ON rm_closing (seq);

-- +goose Down
DROP TABLE rm_closing;
