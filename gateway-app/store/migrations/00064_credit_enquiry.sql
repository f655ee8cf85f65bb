-- +goose Up
CREATE TABLE credit_enquiry (
    seq        BIGINT PRIMARY KEY, -- internal
    id         TEXT NOT NULL UNIQUE, -- internal
    at         TEXT NOT NULL, -- secret
    on_date    TEXT NOT NULL, -- secret: the business date that decided
    requester  TEXT NOT NULL, -- secret: the member that asked
    collection TEXT NOT NULL, -- internal
    party      TEXT NOT NULL, -- secret: the party's handle
    pseudonym  TEXT NOT NULL, -- secret: empty where none is linked
    consent    BIGINT NOT NULL, -- secret: the consent's place among the party's; 0 when there was none
    outcome    TEXT NOT NULL -- secret: answered, or the code of the refusal
);
CREATE INDEX credit_enquiry_person ON credit_enquiry (pseudonym, seq);
CREATE INDEX credit_enquiry_party ON credit_enquiry (collection, party, seq);

-- +goose Down
DROP TABLE credit_enquiry;
