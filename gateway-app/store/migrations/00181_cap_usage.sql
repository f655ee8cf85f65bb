-- +goose Up
-- How much of a cap is used, borrower by borrower, from the largest down and without reading their records.
CREATE INDEX rm_exposure_by_total ON rm_exposure (total_minor, id);
-- Legal persons have caps of their own, and are few.
CREATE INDEX rm_party_legal ON rm_party (id) WHERE kind = 'legal';

-- +goose Down
DROP INDEX rm_party_legal;
DROP INDEX rm_exposure_by_total;
