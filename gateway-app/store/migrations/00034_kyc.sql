-- +goose Up
CREATE TABLE kyc_case (
    id         TEXT PRIMARY KEY, -- internal
    person     TEXT NOT NULL UNIQUE, -- internal
    status     TEXT NOT NULL, -- secret
    level      BIGINT NOT NULL, -- secret
    expires_on TEXT NOT NULL, -- secret
    sequence   BIGINT NOT NULL, -- internal: of the last event
    state      TEXT NOT NULL -- secret: the folded state; no name and no number in it
);

CREATE INDEX kyc_case_by_status ON kyc_case (status, id);

CREATE TABLE kyc_event (
    kyc_case TEXT NOT NULL REFERENCES kyc_case (id), -- internal
    sequence BIGINT NOT NULL, -- internal
    at       TEXT NOT NULL, -- internal
    event    TEXT NOT NULL, -- secret: no name and no number in it
    PRIMARY KEY (kyc_case, sequence)
);

-- +goose Down
DROP TABLE kyc_event;
DROP TABLE kyc_case;
