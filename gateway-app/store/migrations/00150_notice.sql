-- +goose Up
CREATE TABLE notice (
    seq     BIGINT PRIMARY KEY, -- internal
    at      TEXT NOT NULL, -- internal
    type    TEXT NOT NULL, -- internal
    kind    TEXT NOT NULL, -- internal: what stands before the dot of the type
    subject TEXT NOT NULL, -- secret: an id or a handle, never a name
    payload TEXT NOT NULL -- secret: JSON without personal data
);
CREATE INDEX notice_by_kind ON notice (kind, seq);
CREATE INDEX notice_by_subject ON notice (subject, seq);

-- +goose Down
DROP TABLE notice;
