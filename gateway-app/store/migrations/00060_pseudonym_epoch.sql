-- +goose Up
CREATE TABLE pseudonym_epoch (
    holder     TEXT NOT NULL, -- internal: the member whose key it is
    epoch      BIGINT NOT NULL, -- internal
    key_id     TEXT NOT NULL, -- public
    public_key TEXT NOT NULL, -- public: compressed point, hexadecimal
    status     TEXT NOT NULL, -- internal: next, current or retired of the member's own; pinned of another's
    changed_at TEXT NOT NULL, -- internal
    PRIMARY KEY (holder, epoch)
);

-- +goose Down
DROP TABLE pseudonym_epoch;
