-- +goose Up
ALTER TABLE webhook_endpoint ADD COLUMN source TEXT NOT NULL DEFAULT 'ledger'; -- internal: ledger, member or alerts; the feed that position counts in

-- +goose Down
ALTER TABLE webhook_endpoint DROP COLUMN source;
