-- +goose Up
CREATE TABLE enrolment (
    name        TEXT PRIMARY KEY, -- internal: the identity's name at the authority; never a person's
    user_id     TEXT NOT NULL, -- internal
    role        TEXT NOT NULL, -- internal: the attribute in the certificate
    status      TEXT NOT NULL, -- internal: registered, enrolled or revoked
    secret      BYTEA, -- top secret: sealed; the enrolment secret, until it is used
    key_sealed  BYTEA, -- top secret: sealed
    certificate TEXT NOT NULL, -- internal: PEM
    expires_at  TEXT NOT NULL, -- internal: empty until enrolled
    updated_at  TEXT NOT NULL, -- internal
    revoked_at  TEXT NOT NULL -- internal: empty while it is good
);

CREATE INDEX enrolment_user ON enrolment (user_id);

-- +goose Down
DROP TABLE enrolment;
