package pseudonym

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/cloudflare/circl/oprf"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// mayTry refuses an opening for a point that the platform has not had evaluated, and an application that
// has failed too often in this epoch.
func (c *Custodian) mayTry(ctx context.Context, o Openings, opening Opening) error {
	return c.db.Read(ctx, func(tx *sql.Tx) error {
		_, found, err := c.point(ctx, tx, o.Epoch, o.Collection, Claim{opening.Party, opening.Attempt})
		switch {
		case err != nil:
			return err
		case !found:
			return fault.In(fault.NotFound, "attempt")
		}
		var failures int
		const query = `SELECT failures FROM pseudonym_application WHERE epoch = $1 AND collection = $2 AND party = $3`
		err = tx.QueryRowContext(ctx, query, o.Epoch, o.Collection, opening.Party).Scan(&failures)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case failures >= c.limits.Tries:
			return fault.In(fault.WrongStatus, "party")
		}
		return nil
	})
}

// fail counts an opening that did not fit.
func (c *Custodian) fail(ctx context.Context, caller string, o Openings, handle string) error {
	return c.db.Write(ctx, func(tx *sql.Tx) error {
		const query = `INSERT INTO pseudonym_application (epoch, collection, party, failures, status, pseudonym, changed_at)
			VALUES ($1, $2, $3, 1, 'mismatch', '', $4)
			ON CONFLICT (epoch, collection, party) DO UPDATE SET failures = pseudonym_application.failures + 1`
		if _, err := tx.ExecContext(ctx, query, o.Epoch, o.Collection, handle, store.Time(c.now())); err != nil {
			return err
		}
		return c.count(ctx, tx, caller, "open", 0, 1)
	})
}

// remember notes which applications an epoch has reached.
func (c *Custodian) remember(ctx context.Context, o Openings, list []candidate, results []Result) error {
	return c.db.Write(ctx, func(tx *sql.Tx) error {
		for _, one := range list {
			if !results[one.at].Linked {
				continue
			}
			const query = `INSERT INTO pseudonym_application (epoch, collection, party, failures, status, pseudonym, changed_at)
				VALUES ($1, $2, $3, 0, 'linked', $4, $5) ON CONFLICT (epoch, collection, party) DO UPDATE
				SET status = excluded.status, pseudonym = excluded.pseudonym, changed_at = excluded.changed_at`
			_, err := tx.ExecContext(ctx, query, o.Epoch, o.Collection, one.opening.Party, one.pseudonym, store.Time(c.now()))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// reached is the set of applications that are linked in an epoch.
func (c *Custodian) reached(ctx context.Context, epoch int) (map[Application]bool, error) {
	const query = `SELECT collection, party FROM pseudonym_application WHERE epoch = $1 AND status = 'linked'`
	rows, err := c.db.QueryContext(ctx, query, epoch)
	if err != nil {
		return nil, fmt.Errorf("list the parties that epoch %d has reached: %w", epoch, err)
	}
	defer rows.Close()
	set := map[Application]bool{}
	for rows.Next() {
		var a Application
		if err := rows.Scan(&a.Collection, &a.Party); err != nil {
			return nil, fmt.Errorf("list the parties that epoch %d has reached: %w", epoch, err)
		}
		set[a] = true
	}
	return set, rows.Err()
}

// pinned answers the regulator's key of an epoch as this member saw it first. Another key under the same
// epoch is refused: it would give everybody another pseudonym, unnoticed.
func (c *Custodian) pinned(ctx context.Context, epoch int) (PublicKey, *oprf.PublicKey, error) {
	announced, err := c.regulator.Keys(ctx)
	if err != nil {
		return PublicKey{}, nil, fmt.Errorf("ask the regulator for its keys: %w", err)
	}
	return pin(ctx, c.db, announced, epoch)
}

// pin keeps the announced key of an epoch, and answers the one that was kept first.
func pin(ctx context.Context, db *store.DB, announced []PublicKey, epoch int) (PublicKey, *oprf.PublicKey, error) {
	var found PublicKey
	for _, k := range announced {
		if k.Epoch == epoch {
			found = k
		}
	}
	if found.Epoch == 0 || found.Status != Next && found.Status != Current {
		return found, nil, fault.In(fault.WrongStatus, "epoch")
	}
	public, err := readPoint(found)
	if err != nil {
		return found, nil, err
	}
	found.Status = Pinned
	kept := found
	err = db.Write(ctx, func(tx *sql.Tx) error {
		if err := insertKey(ctx, tx, found, time.Now()); err != nil {
			return err
		}
		const query = `SELECT key_id, public_key FROM pseudonym_epoch WHERE holder = $1 AND epoch = $2`
		return tx.QueryRowContext(ctx, query, found.Holder, epoch).Scan(&kept.KeyID, &kept.Point)
	})
	if err != nil {
		return found, nil, fmt.Errorf("pin the key of %s: %w", found.Holder, err)
	}
	if kept != found {
		return found, nil, fault.In(fault.CommitmentMismatch, "key_id")
	}
	return found, public, nil
}
