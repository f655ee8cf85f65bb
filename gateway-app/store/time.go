package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// timeLayout is RFC 3339 in UTC with six decimals, so that the order of texts is the order of times.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Time writes a time as columns hold it.
func Time(t time.Time) string { return t.UTC().Format(timeLayout) }

// ParseTime reads what Time wrote.
func ParseTime(text string) (time.Time, error) {
	t, err := time.Parse(timeLayout, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("read a stored time: %w", err)
	}
	return t, nil
}

// Now is the database's clock. Processes on several machines agree on it and on no other.
func (db *DB) Now(ctx context.Context, tx *sql.Tx) (time.Time, error) {
	var text string
	if err := tx.QueryRowContext(ctx, `SELECT `+db.clock()).Scan(&text); err != nil {
		return time.Time{}, fmt.Errorf("read the database's clock: %w", err)
	}
	return ParseTime(text)
}

// clock is the database's clock as Time writes times: an expression that has a text for each database.
func (db *DB) clock() string {
	if db.dialect == PostgreSQL {
		return `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	}
	return `strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'`
}
