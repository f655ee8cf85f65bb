package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// due lists what may be sent now. Of each subject only the first that is pending has a time.
func (w *Webhooks) due(ctx context.Context, id string, limit int) ([]letter, error) {
	const query = `SELECT sequence, subject, body, attempts, since FROM webhook_delivery
		WHERE endpoint = $1 AND due_at <> '' AND due_at <= $2 ORDER BY due_at, sequence LIMIT $3`
	rows, err := w.db.QueryContext(ctx, query, id, store.Time(w.now()), limit)
	if err != nil {
		return nil, fmt.Errorf("look for what is due for webhook %s: %w", id, err)
	}
	defer rows.Close()
	var list []letter
	for rows.Next() {
		var l letter
		var since string
		if err := rows.Scan(&l.sequence, &l.subject, &l.body, &l.attempts, &since); err != nil {
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
func (w *Webhooks) record(ctx context.Context, id string, verdicts []verdict) error {
	err := w.db.Write(ctx, func(tx *sql.Tx) error {
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
	if err == nil {
		err = w.lineUp(ctx, tx, id, v.subject)
	}
	if err != nil || v.reason != ReasonGone {
		return err
	}
	return w.retire(ctx, tx, id, v.url)
}

// retire ends an endpoint of which a receiver said that it is gone, unless it has got another address since.
func (w *Webhooks) retire(ctx context.Context, tx *sql.Tx, id, url string) error {
	r, err := w.find(ctx, tx, id)
	if err != nil || r.URL != url {
		return err
	}
	const disable = `UPDATE webhook_endpoint SET status = $2, version = version + 1, changed_at = $3 WHERE id = $1 AND status = $4`
	_, err = tx.ExecContext(ctx, disable, id, Gone, store.Time(w.now()), Active)
	return err
}

// lineUp gives the first pending delivery about a subject a time, if it has none, and takes it from all
// behind it. Every transaction that makes a delivery pending or ends one calls it, so that what is due is
// found without looking at what waits.
func (w *Webhooks) lineUp(ctx context.Context, tx *sql.Tx, id, subject string) error {
	const head = `SELECT sequence, due_at FROM webhook_delivery
		WHERE endpoint = $1 AND subject = $2 AND status = 'pending' ORDER BY sequence LIMIT 1`
	var first int64
	var due string
	err := tx.QueryRowContext(ctx, head, id, subject).Scan(&first, &due)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("line up what waits about one subject: %w", err)
	}
	if due == "" {
		const begin = `UPDATE webhook_delivery SET due_at = $3 WHERE endpoint = $1 AND sequence = $2`
		if _, err := tx.ExecContext(ctx, begin, id, first, store.Time(w.now())); err != nil {
			return fmt.Errorf("line up what waits about one subject: %w", err)
		}
	}
	const behind = `UPDATE webhook_delivery SET due_at = ''
		WHERE endpoint = $1 AND subject = $2 AND status = 'pending' AND sequence > $3 AND due_at <> ''`
	if _, err := tx.ExecContext(ctx, behind, id, subject, first); err != nil {
		return fmt.Errorf("line up what waits about one subject: %w", err)
	}
	return nil
}

// next is what becomes of a delivery after an attempt.
func (w *Webhooks) next(v verdict) (status DeliveryStatus, due, ended string) {
	now := w.now()
	if v.reason == "" {
		return Delivered, "", store.Time(now)
	}
	again := now.Add(max(w.settings.pause(v.attempts+1), v.wait))
	if v.reason != ReasonGone && v.attempts+1 >= fewestAttempts && again.Sub(v.since) > w.settings.GiveUpAfter {
		return Dead, "", store.Time(now)
	}
	return Pending, store.Time(again), ""
}
