package webhook

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tallystick/tallystick/gateway-app/lull"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// leaseName is the lease of whoever delivers.
const leaseName = "webhooks"

// pruneEvery is how often what ended long ago is deleted.
const pruneEvery = time.Hour

// errChanged is an endpoint that was changed while it was served.
var errChanged = errors.New("the webhook was changed meanwhile")

// Run delivers until the context ends, whenever no other process of the member does.
func (w *Webhooks) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := w.db.Hold(ctx, leaseName, w.settings.Process, w.settings.Lease, w.serve)
		if ctx.Err() != nil {
			break
		}
		w.settings.Logger.ErrorContext(ctx, "webhooks begin anew", "error", err)
		lull.For(ctx, w.settings.Poll)
	}
	return ctx.Err()
}

// serve has a lane for every endpoint that is active, so that one that hangs holds up no other.
func (w *Webhooks) serve(ctx context.Context) error {
	var group sync.WaitGroup
	ctx, stop := context.WithCancelCause(ctx)
	defer group.Wait()
	defer stop(nil)
	served := sync.Map{}
	var pruned time.Time
	for ctx.Err() == nil {
		endpoints, err := w.active(ctx)
		if err != nil {
			return err
		}
		for id, source := range endpoints {
			if _, already := served.LoadOrStore(id, true); already {
				continue
			}
			group.Go(func() {
				defer served.Delete(id)
				if err := newLane(w, id, source).run(ctx); errors.Is(err, store.ErrLeaseLost) {
					stop(err)
				} else if err != nil && ctx.Err() == nil {
					w.settings.Logger.ErrorContext(ctx, "a webhook begins anew", "webhook", id, "error", err)
				}
			})
		}
		if now := w.now(); now.Sub(pruned) >= pruneEvery {
			if _, err := w.Prune(ctx, store.Time(now.Add(-w.settings.Keep))); err != nil {
				return err
			}
			pruned = now
		}
		lull.For(ctx, w.settings.Poll)
	}
	return context.Cause(ctx)
}

// active are the ids of the endpoints that are served, with their sources.
func (w *Webhooks) active(ctx context.Context) (map[string]Source, error) {
	rows, err := w.db.QueryContext(ctx, `SELECT id, source FROM webhook_endpoint WHERE status = $1`, Active)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	endpoints := map[string]Source{}
	for rows.Next() {
		var id string
		var source Source
		if err := rows.Scan(&id, &source); err != nil {
			return nil, err
		}
		endpoints[id] = source
	}
	return endpoints, rows.Err()
}
