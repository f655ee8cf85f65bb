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
	freeAttempts = 5                // at a name from one address that fail without a wait
	firstWait    = 30 * time.Second // after that; doubled with each further failure
	longestWait  = time.Hour
	forgotten    = 24 * time.Hour // failures count this long

	// Tries at a name from all addresses together slow strangers down, and lock nobody out: each of the owner's own
	// places, and a right one-time code, is let through.
	freeFromAnywhere    = 50
	firstFromAnywhere   = time.Second
	longestFromAnywhere = time.Minute

	placeKnown = 90 * 24 * time.Hour // an address that a name has signed in from is known this long
)

// waitAfter is how long a name is locked for an address after so many failures in a row.
func waitAfter(failures int64) time.Duration {
	if failures < freeAttempts {
		return 0
	}
	return min(firstWait<<min(failures-freeAttempts, 12), longestWait)
}

// waitFromAnywhere is how long strangers wait after so many failures from all addresses.
func waitFromAnywhere(failures int64) time.Duration {
	if failures < freeFromAnywhere {
		return 0
	}
	return min(firstFromAnywhere<<min(failures-freeFromAnywhere, 12), longestFromAnywhere)
}

type placeKey struct{}

// Coming says from which network address a request comes. Failed sign-ins are counted by it.
func Coming(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, placeKey{}, address)
}

// place is the keyed hash of where a request comes from.
func (d *Directory) place(ctx context.Context) string {
	address, _ := ctx.Value(placeKey{}).(string)
	return d.index("place", address)
}

// anywhere stands for all places together.
const anywhere = ""

// attempt counts a sign-in as failed before it is tried, so that guesses sent at once count each. Names
// that nobody has are counted and locked alike. Success takes the count back.
//
// What locks is the pair of name and address: whoever fails on purpose locks themselves out, and not the owner
// elsewhere. Guesses spread over many addresses are slowed down by the count of all, except for who is trusted,
// having shown a right one-time code, and from where the name has signed in before.
func (d *Directory) attempt(ctx context.Context, nameIndex string, trusted bool) error {
	place, now := d.place(ctx), d.now()
	var locked *Locked
	err := d.db.Write(ctx, func(tx *sql.Tx) (err error) {
		locked, err = count(ctx, tx, nameIndex, place, now, waitAfter)
		if err != nil || locked != nil {
			return err
		}
		if !trusted {
			trusted, err = knownPlace(ctx, tx, nameIndex, place, now)
		}
		if err != nil || trusted {
			return err
		}
		locked, err = count(ctx, tx, nameIndex, anywhere, now, waitFromAnywhere)
		return err
	})
	if err != nil {
		return fmt.Errorf("count a sign-in: %w", err)
	}
	if locked != nil {
		return locked
	}
	return nil
}

// count adds a failure to one row, unless that is locked.
func count(ctx context.Context, tx *sql.Tx, nameIndex, place string, now time.Time, wait func(int64) time.Duration) (*Locked, error) {
	var failures int64
	var lockedUntil, lastAt string
	err := tx.QueryRowContext(ctx, `SELECT failures, locked_until, last_at FROM access_attempt WHERE name_index = $1 AND place_index = $2`,
		nameIndex, place).Scan(&failures, &lockedUntil, &lastAt)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if lockedUntil > store.Time(now) {
		until, err := store.ParseTime(lockedUntil)
		return &Locked{Until: until}, err
	}
	if lastAt < store.Time(now.Add(-forgotten)) {
		failures = 0
	}
	failures++
	lockedUntil = ""
	if span := wait(failures); span > 0 {
		lockedUntil = store.Time(now.Add(span))
	}
	const put = `INSERT INTO access_attempt (name_index, place_index, failures, locked_until, last_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name_index, place_index) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until,
		last_at = excluded.last_at`
	_, err = tx.ExecContext(ctx, put, nameIndex, place, failures, lockedUntil, store.Time(now))
	return nil, err
}

// knownPlace reports whether a name has signed in from a place lately.
func knownPlace(ctx context.Context, tx *sql.Tx, nameIndex, place string, now time.Time) (bool, error) {
	var found int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM access_place WHERE name_index = $1 AND place_index = $2 AND last_at >= $3`,
		nameIndex, place, store.Time(now.Add(-placeKnown))).Scan(&found)
	return found > 0, err
}

// forgive takes back the failures of a name at the place that it has now signed in from, which is known from then
// on. The count of all places loses one: what others have tried elsewhere still counts.
func (d *Directory) forgive(ctx context.Context, tx *sql.Tx, nameIndex string) error {
	place := d.place(ctx)
	const less = `UPDATE access_attempt SET failures = failures - 1 WHERE name_index = $1 AND place_index = $2 AND failures > 0`
	const know = `INSERT INTO access_place (name_index, place_index, last_at) VALUES ($1, $2, $3)
		ON CONFLICT (name_index, place_index) DO UPDATE SET last_at = excluded.last_at`
	_, err := tx.ExecContext(ctx, `DELETE FROM access_attempt WHERE name_index = $1 AND place_index = $2`, nameIndex, place)
	if err == nil {
		_, err = tx.ExecContext(ctx, less, nameIndex, anywhere)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, know, nameIndex, place, store.Time(d.now()))
	}
	if err != nil {
		return fmt.Errorf("forgive failed sign-ins: %w", err)
	}
	return nil
}

// forgiveAll takes every failure of a name back, from wherever.
func forgiveAll(ctx context.Context, tx *sql.Tx, nameIndex string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM access_attempt WHERE name_index = $1`, nameIndex); err != nil {
		return fmt.Errorf("forgive failed sign-ins: %w", err)
	}
	return nil
}

// Unlock forgives the failed sign-ins of a user.
func (d *Directory) Unlock(ctx context.Context, id string) (User, error) {
	return d.change(ctx, id, func(tx *sql.Tx, u User) error { return forgiveAll(ctx, tx, u.nameIndex) })
}

// Tidy deletes what no longer counts: old attempts, sessions ended or expired for a month, sign-ons that
// were not finished, approvals long past. It is to be run now and then; nothing depends on when.
func (d *Directory) Tidy(ctx context.Context) error {
	now := d.now()
	day, month := store.Time(now.Add(-forgotten)), store.Time(now.AddDate(0, -1, 0))
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		for _, each := range []struct{ query, before string }{
			{`DELETE FROM access_attempt WHERE last_at < $1`, day},
			{`DELETE FROM access_place WHERE last_at < $1`, store.Time(now.Add(-placeKnown))},
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
