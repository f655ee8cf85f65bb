-- +goose Up
CREATE TABLE mandate_wish (
    mandate    TEXT PRIMARY KEY, -- secret: the mandate's handle
    wish       TEXT NOT NULL, -- secret: what the lender wants besides the signed terms
    changed_at TEXT NOT NULL -- internal
);

CREATE TABLE loan_listing (
    loan       TEXT PRIMARY KEY, -- secret: the loan's id
    listing    TEXT NOT NULL, -- secret: how the loan is offered to lenders
    changed_at TEXT NOT NULL -- internal
);

-- +goose Down
DROP TABLE loan_listing;
DROP TABLE mandate_wish;
