package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Range is a part of the feed: the rows after one, up to and with another.
type Range struct{ After, Through int64 }

// LargestRange bounds a replay.
const LargestRange = 10_000

func (r Range) check() error {
	switch {
	case r.After < 0:
		return fault.In(fault.InvalidField, "after")
	case r.Through <= r.After || r.Through-r.After > LargestRange:
		return fault.In(fault.InvalidField, "through")
	}
	return nil
}

// Replay delivers again what an endpoint asks for in a range of the feed, whether it was delivered, given up
// or pruned, or happened before the endpoint was made, and answers how many rows. What the endpoint has not come to yet is left to come in its turn.
// The webhook-ids are the same as before.
func (w *Webhooks) Replay(ctx context.Context, id string, asked Range) (int, error) {
	if err := asked.check(); err != nil {
		return 0, err
	}
	count := 0
	for {
		made, next, err := w.replayPage(ctx, id, asked)
		count += made
		if err != nil || next >= asked.Through {
			return count, err
		}
		asked.After = next
	}
}

func (w *Webhooks) replayPage(ctx context.Context, id string, asked Range) (made int, next int64, err error) {
	r, err := w.find(ctx, w.db, id)
	if err != nil {
		return 0, 0, err
	}
	entries, err := w.feeds.after(ctx, r.Endpoint, asked.After)
	if err != nil {
		return 0, 0, err
	}
	next = asked.Through
	if len(entries) == rowsAtOnce {
		next = entries[rowsAtOnce-1].sequence
	}
	through := min(next, asked.Through, r.Position)
	entries = slices.DeleteFunc(entries, func(i item) bool { return !r.wants(i) || i.sequence > through })
	err = w.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := w.find(ctx, tx, id); err != nil {
			return err // deleted meanwhile
		}
		return w.putDeliveries(ctx, tx, id, entries)
	})
	return len(entries), next, err
}

// ReplayDead delivers again the dead letters of an endpoint in a range of the feed, and answers how many.
func (w *Webhooks) ReplayDead(ctx context.Context, id string, asked Range) (int, error) {
	if err := asked.check(); err != nil {
		return 0, err
	}
	var count int
	err := w.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := w.find(ctx, tx, id); err != nil {
			return err
		}
		const query = `UPDATE webhook_delivery SET status = $5, attempts = 0, since = $6, due_at = '', ended_at = ''
			WHERE endpoint = $1 AND status = $4 AND sequence > $2 AND sequence <= $3 RETURNING subject`
		subjects, n, err := texts(tx.QueryContext(ctx, query, id, asked.After, asked.Through, Dead, Pending, store.Time(w.now())))
		if err != nil {
			return fmt.Errorf("replay the dead letters of webhook %s: %w", id, err)
		}
		count = n
		return w.lineUpAll(ctx, tx, id, subjects)
	})
	return count, err
}

// texts reads the one column of rows, and counts them.
func texts(rows *sql.Rows, err error) (map[string]bool, int, error) {
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	found, count := map[string]bool{}, 0
	for ; rows.Next(); count++ {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, 0, err
		}
		found[text] = true
	}
	return found, count, rows.Err()
}

// Prune deletes deliveries that ended before a time, and former secrets that no longer sign, and answers how
// many deliveries. Webhooks that run prune by themselves what is older than their settings keep.
func (w *Webhooks) Prune(ctx context.Context, before string) (int64, error) {
	const expire = `UPDATE webhook_endpoint SET former_secret = '', former_until = '' WHERE former_secret <> '' AND former_until <= $1`
	const prune = `DELETE FROM webhook_delivery WHERE (endpoint, sequence) IN (
		SELECT endpoint, sequence FROM webhook_delivery WHERE status IN ($1, $2) AND ended_at < $3 LIMIT 1000)`
	var pruned int64
	for {
		var page int64
		err := w.db.Write(ctx, func(tx *sql.Tx) error {
			_, errExpire := tx.ExecContext(ctx, expire, store.Time(w.now()))
			result, err := tx.ExecContext(ctx, prune, Delivered, Dead, before)
			if err := errors.Join(errExpire, err); err != nil {
				return err
			}
			page, err = result.RowsAffected()
			return err
		})
		pruned += page
		if err != nil || page == 0 {
			return pruned, err
		}
	}
}
