-- +goose Up
CREATE TABLE submission_missing (
    platform TEXT NOT NULL, -- public
    kind     TEXT NOT NULL, -- public
    period   TEXT NOT NULL, -- public: a month whose deadline passed without a statement, of which the feed was told
    told_on  TEXT NOT NULL, -- internal: the business day on which it was
    PRIMARY KEY (platform, kind, period)
);

-- +goose Down
DROP TABLE submission_missing;
