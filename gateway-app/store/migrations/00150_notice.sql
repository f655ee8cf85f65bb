-- +goose Up
CREATE TABLE notice (
    feed    TEXT NOT NULL, -- internal: staff, or alerts, whose readers may read alerts
    seq     BIGINT NOT NULL, -- internal: dense in its feed
    at      TEXT NOT NULL, -- internal
    type    TEXT NOT NULL, -- internal
    kind    TEXT NOT NULL, -- internal: what stands before the dot of the type
    subject TEXT NOT NULL, -- secret: an id or a handle, never a name
    payload TEXT NOT NULL, -- secret: JSON without personal data
    PRIMARY KEY (feed, seq)
);
CREATE INDEX notice_by_kind ON notice (feed, kind, seq);
CREATE INDEX notice_by_subject ON notice (feed, subject, seq);

-- +goose Down
DROP TABLE notice;
