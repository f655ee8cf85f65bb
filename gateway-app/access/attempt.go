package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	freeAttempts = 5                // that fail without a wait
	firstWait    = 30 * time.Second // after that; doubled with each further failure
	longestWait  = time.Hour
	forgotten    = 24 * time.Hour // failures count this long
)

// waitAfter is how long a name is locked after so many failures in a row.
func waitAfter(failures int64) time.Duration {
	if failures < freeAttempts {
		return 0
	}
	return min(firstWait<<min(failures-freeAttempts, 12), longestWait)
}

// attempt counts a sign-in as failed before it is tried, so that guesses sent at once count each. Names
// that nobody has are counted and locked alike. Success takes the count back.
func (d *Directory) attempt(ctx context.Context, nameIndex string) error {
	now := d.now()
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		var failures int64
		var lockedUntil, lastAt string
		err := tx.QueryRowContext(ctx, `SELECT failures, locked_until, last_at FROM access_attempt WHERE name_index = $1`, nameIndex).
			Scan(&failures, &lockedUntil, &lastAt)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("count a sign-in: %w", err)
		}
		if lockedUntil > store.Time(now) {
			until, err := store.ParseTime(lockedUntil)
			if err != nil {
				return fmt.Errorf("count a sign-in: %w", err)
			}
			return &Locked{Until: until}
		}
		if lastAt < store.Time(now.Add(-forgotten)) {
			failures = 0
		}
		failures++
		lockedUntil = ""
		if wait := waitAfter(failures); wait > 0 {
			lockedUntil = store.Time(now.Add(wait))
		}
		const put = `INSERT INTO access_attempt (name_index, failures, locked_until, last_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name_index) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until,
			last_at = excluded.last_at`
		if _, err := tx.ExecContext(ctx, put, nameIndex, failures, lockedUntil, store.Time(now)); err != nil {
			return fmt.Errorf("count a sign-in: %w", err)
		}
		return nil
	})
}

func forgive(ctx context.Context, tx *sql.Tx, nameIndex string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM access_attempt WHERE name_index = $1`, nameIndex); err != nil {
		return fmt.Errorf("forgive failed sign-ins: %w", err)
	}
	return nil
}

// Unlock forgives the failed sign-ins of a user.
func (d *Directory) Unlock(ctx context.Context, id string) (User, error) {
	return d.change(ctx, id, func(tx *sql.Tx, u User) error { return forgive(ctx, tx, u.nameIndex) })
}

// Tidy deletes what no longer counts: old attempts, sessions ended or expired for a month, sign-ons that
// were not finished, approvals long past. It is to be run now and then; nothing depends on when.
func (d *Directory) Tidy(ctx context.Context) error {
	now := d.now()
	day, month := store.Time(now.Add(-forgotten)), store.Time(now.AddDate(0, -1, 0))
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		for _, each := range []struct{ query, before string }{
			{`DELETE FROM access_attempt WHERE last_at < $1`, day},
			{`DELETE FROM access_session WHERE expires_at < $1`, month},
			{`DELETE FROM access_activation WHERE expires_at < $1`, store.Time(now)},
			{`DELETE FROM access_oidc_attempt WHERE expires_at < $1`, store.Time(now)},
			{`DELETE FROM access_approval WHERE expires_at < $1 AND status = 'pending'`, month},
		} {
			if _, err := tx.ExecContext(ctx, each.query, each.before); err != nil {
				return fmt.Errorf("tidy the directory of users: %w", err)
			}
		}
		return nil
	})
}
