-- +goose Up
CREATE TABLE underwriting_review (
    id          TEXT PRIMARY KEY, -- internal
    seq         BIGINT NOT NULL UNIQUE, -- internal
    application TEXT NOT NULL REFERENCES underwriting_application (id), -- internal
    action      TEXT NOT NULL, -- secret: ask, approve or refuse
    by_user     TEXT NOT NULL, -- internal
    approved_by TEXT NOT NULL, -- internal: the second user, where the policies want one
    at          TEXT NOT NULL, -- internal
    words       TEXT NOT NULL, -- top secret: sealed
    digest      TEXT NOT NULL -- internal: SHA-256, as anchored; empty where somebody only asked
);
CREATE INDEX underwriting_review_by_application ON underwriting_review (application, seq);

-- +goose Down
DROP TABLE underwriting_review;
