package underwriting

import (
	"context"
	"database/sql"
	"sync"
)

// firstModels are trained once for all tests: they are the same every time.
var firstModels = struct {
	sync.Mutex
	made *trained
}{}

// BeginWithModels enters the first rules and models, trained once a test process.
func (d *Desk) BeginWithModels(ctx context.Context) error {
	r := d.registry
	firstModels.Lock()
	defer firstModels.Unlock()
	if err := r.firstRules(ctx); err != nil {
		return err
	}
	if firstModels.made == nil {
		t, err := r.train(ctx, CauseFirst)
		if err != nil {
			return err
		}
		firstModels.made = &t
	}
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		if err := r.enter(ctx, tx, *firstModels.made, machine); err != nil {
			return err
		}
		pair, err := models(ctx, tx, `WHERE m.kind = $1`, string(Scorecard))
		if err != nil {
			return err
		}
		return r.crown(ctx, tx, pair[0], machine)
	})
}

// Weekly does once what the weekly job does.
func (r *Registry) Weekly(ctx context.Context) error { return r.weekly(ctx) }

// TakeUp looks at the rule file once.
func (r *Registry) TakeUp(ctx context.Context, seen *string) error { return r.takeUp(ctx, seen) }
