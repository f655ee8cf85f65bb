package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Next gives the next number of a sequence, from 1. The number is the transaction's: rolled back, it is
// given again, so a committed sequence has no gaps and its order is the order of commits.
func Next(ctx context.Context, tx *sql.Tx, sequence string) (int64, error) {
	return Reserve(ctx, tx, sequence, 1)
}

// Reserve takes count numbers of a sequence at once and gives the first of them.
func Reserve(ctx context.Context, tx *sql.Tx, sequence string, count int64) (int64, error) {
	if count < 1 {
		return 0, fmt.Errorf("number rows of %s: %d numbers were asked for", sequence, count)
	}
	const query = `INSERT INTO store_sequence (name, last) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET last = store_sequence.last + excluded.last RETURNING last`
	var last int64
	if err := tx.QueryRowContext(ctx, query, sequence, count).Scan(&last); err != nil {
		return 0, fmt.Errorf("number rows of %s: %w", sequence, err)
	}
	return last - count + 1, nil
}
