-- +goose Up
-- In which currencies a platform lends is told from the two ends of an index.
CREATE INDEX rm_terms_by_currency ON rm_terms (collection, currency);

-- +goose Down
DROP INDEX rm_terms_by_currency;
