-- +goose Up
CREATE TABLE underwriting_rules (
    seq            BIGINT PRIMARY KEY, -- internal: of those that are effective the highest is in force
    hash           TEXT NOT NULL UNIQUE, -- internal: SHA-256 of the canonical text
    name           TEXT NOT NULL UNIQUE, -- internal: the version's name
    effective_from TEXT NOT NULL, -- internal
    source         TEXT NOT NULL, -- internal: built_in, api or file
    by_user        TEXT NOT NULL, -- internal
    approved_by    TEXT NOT NULL, -- internal: the second user
    at             TEXT NOT NULL, -- internal
    rules          TEXT NOT NULL -- internal: canonical
);

-- +goose Down
DROP TABLE underwriting_rules;
