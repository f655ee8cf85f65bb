-- +goose Up
CREATE TABLE submission (
    platform   TEXT NOT NULL, -- public
    kind       TEXT NOT NULL, -- public: disclosure or loan_book
    period     TEXT NOT NULL, -- public: a month or a day
    version    BIGINT NOT NULL, -- public: from 1
    seq        BIGINT NOT NULL UNIQUE, -- internal
    digest     TEXT NOT NULL, -- public: SHA-256 of the content
    former     TEXT NOT NULL, -- public: the digest of the version that it corrects; empty of the first
    reason     TEXT NOT NULL, -- public: a code that says why it was corrected
    media_type TEXT NOT NULL, -- internal
    bytes      BIGINT NOT NULL, -- internal: how long the content is
    made_by    TEXT NOT NULL, -- internal: the user who asked for it; empty where the app did by itself
    made_at    TEXT NOT NULL, -- public: stated at the platform, received at the regulator
    state      TEXT NOT NULL, -- public: stated, received, acknowledged, rejected or superseded
    judged     TEXT NOT NULL, -- public: acknowledged or rejected, also once it is superseded; empty before
    judged_at  TEXT NOT NULL, -- internal
    verdict    TEXT NOT NULL, -- secret: by which rules, and what was found
    send_at    TEXT NOT NULL, -- internal: when the platform hands it in next; empty: it need not
    attempts   BIGINT NOT NULL, -- internal: of handing it in
    came_on    TEXT NOT NULL, -- public: at the regulator, its custodians' business day when it came; empty at the platform
    PRIMARY KEY (platform, kind, period, version)
);
CREATE INDEX submission_by_sending ON submission (send_at);
CREATE INDEX submission_by_platform ON submission (platform, made_at);
CREATE INDEX submission_by_state ON submission (state, seq);

-- +goose Down
DROP TABLE submission;
