package webhook

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Create makes an endpoint and answers its secret, once. It is told of what happens after a row of the
// feed: after none, from the beginning; nil stands for the feed's present end.
func (w *Webhooks) Create(ctx context.Context, wish Wish, after *int64, by string) (Endpoint, string, error) {
	if err := w.settings.check(wish); err != nil {
		return Endpoint{}, "", err
	}
	end, err := w.feeds.end(ctx, wish.source())
	if err != nil {
		return Endpoint{}, "", err
	}
	if after == nil {
		after = &end
	}
	if *after < 0 || *after > end {
		return Endpoint{}, "", fault.In(fault.InvalidField, "after")
	}
	now, secret := store.Time(w.now()), newSecret()
	r := row{Endpoint: Endpoint{
		ID: newID(), Status: Active, Position: *after, Version: 1, CreatedBy: by, CreatedAt: now, ChangedAt: now,
	}}
	r.apply(wish)
	if r.secret, err = w.seal.SealText(table, r.ID, secretColumn, secret); err != nil {
		return Endpoint{}, "", err
	}
	if err := w.db.Write(ctx, func(tx *sql.Tx) error { return w.put(ctx, tx, r) }); err != nil {
		return Endpoint{}, "", err
	}
	return r.Endpoint, secret, nil
}

// List answers endpoints of some sources in the order of their ids, after one of them.
func (w *Webhooks) List(ctx context.Context, after string, limit int, of ...Source) ([]Endpoint, error) {
	if after != "" && !idForm.MatchString(after) {
		return nil, fault.In(fault.InvalidField, "after")
	}
	const query = `SELECT ` + columns + ` FROM webhook_endpoint WHERE id > $1
		AND (source = $2 AND $3 OR source = $4 AND $5 OR source = $6 AND $7) ORDER BY id LIMIT $8`
	rows, err := w.db.QueryContext(ctx, query, after, string(FromLedger), slices.Contains(of, FromLedger), string(FromMember),
		slices.Contains(of, FromMember), string(FromAlerts), slices.Contains(of, FromAlerts), limit)
	if err != nil {
		return nil, fmt.Errorf("list the webhooks: %w", err)
	}
	defer rows.Close()
	list := []Endpoint{}
	for rows.Next() {
		r, err := w.scanRow(rows.Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, r.Endpoint)
	}
	return list, rows.Err()
}

// Find answers one endpoint.
func (w *Webhooks) Find(ctx context.Context, id string) (Endpoint, error) {
	r, err := w.find(ctx, w.db, id)
	return r.Endpoint, err
}

// Change gives an endpoint another address, label and filter. What was made a delivery before is sent to
// the new address as it is; the new filter is for the rows of the feed that were not looked at yet. The
// version must be the one that the caller saw. The source stays.
func (w *Webhooks) Change(ctx context.Context, id string, version int64, wish Wish) (Endpoint, error) {
	return w.change(ctx, id, func(_ *sql.Tx, r *row) error {
		if r.Version != version {
			return fault.In(fault.WrongStatus, "version")
		}
		if wish.Source != "" && wish.Source != r.Source {
			return fault.In(fault.InvalidField, "source") // its position counts in the other feed
		}
		wish.Source = r.Source
		if err := w.settings.check(wish); err != nil {
			return err
		}
		r.apply(wish)
		return nil
	})
}

// Disable stops deliveries to an endpoint. What is pending, and its position in the feed, wait.
func (w *Webhooks) Disable(ctx context.Context, id string) (Endpoint, error) {
	return w.change(ctx, id, func(_ *sql.Tx, r *row) error {
		r.Status = Disabled
		return nil
	})
}

// Enable goes on with an endpoint where it was disabled. What is pending has its full time again.
func (w *Webhooks) Enable(ctx context.Context, id string) (Endpoint, error) {
	return w.change(ctx, id, func(tx *sql.Tx, r *row) error {
		if r.Status == Active {
			return nil
		}
		r.Status = Active
		const query = `UPDATE webhook_delivery SET attempts = 0, since = $2, due_at = CASE WHEN due_at = '' THEN '' ELSE $2 END
			WHERE endpoint = $1 AND status = 'pending'`
		if _, err := tx.ExecContext(ctx, query, id, store.Time(w.now())); err != nil {
			return fmt.Errorf("resume webhook %s: %w", id, err)
		}
		return nil
	})
}

// Delete ends an endpoint, with its secrets and its deliveries.
func (w *Webhooks) Delete(ctx context.Context, id string) error {
	return w.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := w.find(ctx, tx, id); err != nil {
			return err
		}
		for _, query := range []string{`DELETE FROM webhook_delivery WHERE endpoint = $1`, `DELETE FROM webhook_endpoint WHERE id = $1`} {
			if _, err := tx.ExecContext(ctx, query, id); err != nil {
				return fmt.Errorf("delete webhook %s: %w", id, err)
			}
		}
		return nil
	})
}
