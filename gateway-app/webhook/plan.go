package webhook

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	rowsAtOnce  = 500
	mostPending = 10_000 // of one endpoint; what is beyond waits in the feed
	mostSkipped = 1_000  // rows without a delivery after which a position is stored
)

// plan makes deliveries of the next rows of the feed and moves the endpoint's position past them, in one
// transaction. It answers up to where the feed was looked at, and whether more is waiting there.
func (w *Webhooks) plan(ctx context.Context, r row, looked int64) (int64, bool, error) {
	after := max(looked, r.Position)
	end, err := w.feeds.end(ctx, r.Source)
	if err != nil || end <= after {
		return after, false, err
	}
	if full, err := w.full(ctx, r.ID); err != nil || full {
		return after, false, err
	}
	entries, err := w.feeds.after(ctx, r.Endpoint, after)
	if err != nil {
		return after, false, err
	}
	next, more := end, len(entries) == rowsAtOnce
	if more {
		next = entries[rowsAtOnce-1].sequence
	}
	entries = slices.DeleteFunc(entries, func(i item) bool { return !r.wants(i) || i.sequence > next })
	if len(entries) == 0 && next-r.Position < mostSkipped {
		return next, more, nil
	}
	err = w.db.Write(ctx, func(tx *sql.Tx) error { return w.advance(ctx, tx, r, next, entries) })
	if err != nil {
		return after, false, fmt.Errorf("make deliveries of webhook %s: %w", r.ID, err)
	}
	return next, more, nil
}

// advance stores deliveries and position. An endpoint that was changed meanwhile is left alone: what was
// chosen from the feed may not be what it wants now.
func (w *Webhooks) advance(ctx context.Context, tx *sql.Tx, r row, next int64, entries []item) error {
	const query = `UPDATE webhook_endpoint SET position = $2 WHERE id = $1 AND version = $3 AND position = $4`
	result, err := tx.ExecContext(ctx, query, r.ID, next, r.Version, r.Position)
	if err != nil {
		return err
	}
	if moved, err := result.RowsAffected(); err != nil {
		return err
	} else if moved == 0 {
		return errChanged
	}
	return w.putDeliveries(ctx, tx, r.ID, entries)
}

// putDeliveries makes deliveries pending: new ones, and such as ended before.
func (w *Webhooks) putDeliveries(ctx context.Context, tx *sql.Tx, id string, entries []item) error {
	const query = `INSERT INTO webhook_delivery (endpoint, sequence, subject, type, body, status, attempts, since, due_at, ended_at, answer, reason)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, '', '', 0, '')
		ON CONFLICT (endpoint, sequence) DO UPDATE SET status = excluded.status, attempts = 0, since = excluded.since,
			due_at = '', ended_at = '', answer = 0, reason = ''`
	now, subjects := store.Time(w.now()), map[string]bool{}
	for _, i := range entries {
		subjects[i.subject] = true
		text, err := i.body()
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, query, id, i.sequence, i.subject, i.form, text, Pending, now); err != nil {
			return fmt.Errorf("store delivery %d: %w", i.sequence, err)
		}
	}
	return w.lineUpAll(ctx, tx, id, subjects)
}

func (w *Webhooks) lineUpAll(ctx context.Context, tx *sql.Tx, id string, subjects map[string]bool) error {
	for subject := range subjects {
		if err := w.lineUp(ctx, tx, id, subject); err != nil {
			return err
		}
	}
	return nil
}

func (w *Webhooks) full(ctx context.Context, id string) (bool, error) {
	var pending int
	const query = `SELECT COUNT(*) FROM webhook_delivery WHERE endpoint = $1 AND status = 'pending'`
	if err := w.db.QueryRowContext(ctx, query, id).Scan(&pending); err != nil {
		return false, fmt.Errorf("count what is pending for webhook %s: %w", id, err)
	}
	return pending >= mostPending, nil
}

// kinds are what an endpoint's types have before the dot.
func (e Endpoint) kinds() []string {
	if len(e.Types) == 0 {
		return e.Source.Kinds()
	}
	var kinds []string
	for _, t := range e.Types {
		kind, _, _ := strings.Cut(t, ".")
		kinds = append(kinds, kind)
	}
	return slices.Compact(slices.Sorted(slices.Values(kinds)))
}

// wants reports whether an endpoint asks for a row of the feed.
func (e Endpoint) wants(row item) bool {
	if e.Collection != "" && e.Collection != row.collection {
		return false
	}
	if len(e.Types) == 0 {
		return slices.Contains(e.Source.Kinds(), row.kind)
	}
	return slices.Contains(e.Types, row.kind) || slices.Contains(e.Types, row.form)
}
