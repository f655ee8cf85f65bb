-- +goose Up
CREATE TABLE underwriting_trace (
    kind        TEXT NOT NULL, -- internal: device, address, applicant or contact
    mark        TEXT NOT NULL, -- secret: a keyed hash
    at          TEXT NOT NULL, -- internal
    application TEXT NOT NULL, -- internal
    party       TEXT NOT NULL, -- secret
    PRIMARY KEY (kind, mark, at, application)
);
CREATE INDEX underwriting_trace_by_party ON underwriting_trace (party);
CREATE INDEX underwriting_trace_by_time ON underwriting_trace (at);

-- +goose Down
DROP TABLE underwriting_trace;
