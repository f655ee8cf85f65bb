-- +goose Up
CREATE TABLE document_content (
    address    TEXT PRIMARY KEY, -- secret: keyed hash of the plain text
    file       TEXT NOT NULL, -- internal: in the documents folder
    size_bytes BIGINT NOT NULL, -- internal
    media_type TEXT NOT NULL, -- internal
    sealed_key TEXT NOT NULL, -- top secret: sealed by the vault
    stored_at  TEXT NOT NULL -- internal
);

CREATE TABLE document (
    id          TEXT PRIMARY KEY, -- internal
    address     TEXT NOT NULL REFERENCES document_content (address), -- secret
    subject     TEXT NOT NULL, -- internal: the person or other thing that it is about
    kind        TEXT NOT NULL, -- internal
    name        TEXT NOT NULL, -- secret: the uploader's file name, sealed
    uploaded_by TEXT NOT NULL, -- internal
    uploaded_at TEXT NOT NULL -- internal
);

CREATE INDEX document_by_subject ON document (subject, id);
CREATE INDEX document_by_address ON document (address);

-- +goose Down
DROP TABLE document;
DROP TABLE document_content;
