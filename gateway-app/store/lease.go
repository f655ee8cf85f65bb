package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ErrLeaseLost says that somebody else may hold the lease now: whoever held it stops what it was for.
var ErrLeaseLost = errors.New("the lease is lost")

// Lease is the right to be the only one at something until it expires. Expiry is told by the database's
// clock. Token is the fence: it is greater than that of every earlier lease of the name, so a transaction
// that calls Check cannot write on behalf of a holder that has been replaced.
type Lease struct {
	Name   string
	Holder string
	Token  int64
	db     *DB
	ttl    time.Duration
}

// Lease takes a lease when nobody holds it, when it has expired, or when the same holder took it before
// and has lost it, as a process does that was killed and comes back under its name; the former lease of
// that holder is fenced off. It reports false when another holds it.
func (db *DB) Lease(ctx context.Context, name, holder string, ttl time.Duration) (*Lease, bool, error) {
	if holder == "" || ttl <= 0 {
		return nil, false, fmt.Errorf("take lease %s: it needs a holder's name and a duration", name)
	}
	lease := &Lease{Name: name, Holder: holder, db: db, ttl: ttl}
	taken := false
	err := db.Write(ctx, func(tx *sql.Tx) error {
		now, err := db.Now(ctx, tx)
		if err != nil {
			return err
		}
		const query = `INSERT INTO store_lease (name, holder, token, expires_at) VALUES ($1, $2, 1, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = store_lease.token + 1, expires_at = excluded.expires_at
			WHERE store_lease.holder = excluded.holder OR store_lease.expires_at <= $4 RETURNING token`
		err = tx.QueryRowContext(ctx, query, name, holder, Time(now.Add(ttl)), Time(now)).Scan(&lease.Token)
		taken = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("take lease %s: %w", name, err)
	}
	if !taken {
		return nil, false, nil
	}
	return lease, true, nil
}

// Renew holds the lease for its duration from now on. It fails with ErrLeaseLost when the lease has
// expired or is another's.
func (l *Lease) Renew(ctx context.Context) error {
	return l.set(ctx, "renew", l.ttl)
}

// Release gives the lease up, so that the next holder need not wait for it to expire. A lease that was
// lost stays as it is.
func (l *Lease) Release(ctx context.Context) error {
	err := l.set(ctx, "release", 0)
	if errors.Is(err, ErrLeaseLost) {
		return nil
	}
	return err
}

func (l *Lease) set(ctx context.Context, what string, rest time.Duration) error {
	err := l.db.Write(ctx, func(tx *sql.Tx) error {
		now, err := l.db.Now(ctx, tx)
		if err != nil {
			return err
		}
		const query = `UPDATE store_lease SET expires_at = $3 WHERE name = $1 AND token = $2 AND expires_at > $4`
		result, err := tx.ExecContext(ctx, query, l.Name, l.Token, Time(now.Add(rest)), Time(now))
		if err != nil {
			return err
		}
		if changed, err := result.RowsAffected(); err != nil || changed == 1 {
			return err
		}
		return ErrLeaseLost
	})
	if err != nil {
		return fmt.Errorf("%s lease %s of %s: %w", what, l.Name, l.Holder, err)
	}
	return nil
}

// Check fails with ErrLeaseLost unless the lease is held at this moment. In a write transaction it fences
// the transaction: whoever takes the lease next does so after the transaction has ended, so that nothing
// of this holder's is written behind the next one's back. Writes with the context that Hold gives are
// checked already.
func (l *Lease) Check(ctx context.Context, tx *sql.Tx) error {
	var token int64
	var expires, now string
	query := `SELECT token, expires_at, ` + l.db.clock() + ` FROM store_lease WHERE name = $1`
	if l.db.dialect == PostgreSQL {
		query += ` FOR SHARE` // SQLite has one writer, who is this transaction
	}
	if err := tx.QueryRowContext(ctx, query, l.Name).Scan(&token, &expires, &now); err != nil {
		return fmt.Errorf("read lease %s: %w", l.Name, err)
	}
	if token != l.Token || expires <= now {
		return fmt.Errorf("lease %s of %s: %w", l.Name, l.Holder, ErrLeaseLost)
	}
	return nil
}

// Holders lists who holds leases at this moment, of the names that begin so.
func (db *DB) Holders(ctx context.Context, prefix string) ([]string, error) {
	query := `SELECT holder FROM store_lease WHERE substr(name, 1, $1) = $2 AND expires_at > ` + db.clock() + ` ORDER BY holder`
	rows, err := db.QueryContext(ctx, query, len(prefix), prefix)
	if err != nil {
		return nil, fmt.Errorf("list the holders of %s: %w", prefix, err)
	}
	defer rows.Close()
	var holders []string
	for rows.Next() {
		var holder string
		if err := rows.Scan(&holder); err != nil {
			return nil, fmt.Errorf("list the holders of %s: %w", prefix, err)
		}
		holders = append(holders, holder)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the holders of %s: %w", prefix, err)
	}
	return holders, nil
}
