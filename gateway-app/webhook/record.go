package webhook

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// due lists what may be sent now: of each subject, the first that is pending.
func (w *Webhooks) due(ctx context.Context, id string, limit int) ([]letter, error) {
	const query = `SELECT d.sequence, d.body, d.attempts, d.since FROM webhook_delivery d
		WHERE d.endpoint = $1 AND d.status = $2 AND d.due_at <= $3 AND NOT EXISTS (
			SELECT 1 FROM webhook_delivery e WHERE e.endpoint = d.endpoint AND e.subject = d.subject
				AND e.status = d.status AND e.sequence < d.sequence)
		ORDER BY d.due_at, d.sequence LIMIT $4`
	rows, err := w.db.QueryContext(ctx, query, id, Pending, store.Time(w.now()), limit)
	if err != nil {
		return nil, fmt.Errorf("look for what is due for webhook %s: %w", id, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err is what tells
	var list []letter
	for rows.Next() {
		var l letter
		var since string
		if err := rows.Scan(&l.sequence, &l.body, &l.attempts, &since); err != nil {
			return nil, fmt.Errorf("look for what is due for webhook %s: %w", id, err)
		}
		if l.since, err = store.ParseTime(since); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, rows.Err()
}

// record writes down what came of attempts. A process that no longer holds the lease records nothing.
func (w *Webhooks) record(ctx context.Context, lease *store.Lease, id string, verdicts []verdict) error {
	err := w.db.Write(ctx, func(tx *sql.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		for _, v := range verdicts {
			if err := w.recordOne(ctx, tx, id, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record deliveries of webhook %s: %w", id, err)
	}
	return nil
}

// recordOne writes down one attempt. A failure of what was replayed meanwhile counts for nothing: the
// delivery has begun anew.
func (w *Webhooks) recordOne(ctx context.Context, tx *sql.Tx, id string, v verdict) error {
	status, due, ended := w.next(v)
	const query = `UPDATE webhook_delivery SET status = $3, attempts = attempts + 1, due_at = $4, ended_at = $5, answer = $6, reason = $7
		WHERE endpoint = $1 AND sequence = $2 AND status = $8 AND (attempts = $9 AND since = $10 OR $3 = $11)`
	_, err := tx.ExecContext(ctx, query, id, v.sequence, string(status), due, ended, v.answer, v.reason, Pending, v.attempts,
		store.Time(v.since), string(Delivered))
	if err != nil || v.reason != ReasonGone {
		return err
	}
	const disable = `UPDATE webhook_endpoint SET status = $2, version = version + 1, changed_at = $3 WHERE id = $1 AND status = $4 AND url = $5`
	_, err = tx.ExecContext(ctx, disable, id, Gone, store.Time(w.now()), Active, v.url)
	return err
}

// next is what becomes of a delivery after an attempt.
func (w *Webhooks) next(v verdict) (status DeliveryStatus, due, ended string) {
	now := w.now()
	if v.reason == "" {
		return Delivered, store.Time(now), store.Time(now)
	}
	again := now.Add(max(w.settings.pause(v.attempts+1), v.wait))
	if v.reason != ReasonGone && v.attempts+1 >= fewestAttempts && again.Sub(v.since) > w.settings.GiveUpAfter {
		return Dead, store.Time(now), store.Time(now)
	}
	return Pending, store.Time(again), ""
}
