package reminder

import (
	"context"
	"time"

	"github.com/tallystick/tallystick/gateway-app/lull"
)

// leaseName is the lease of whoever reminds: of several processes of the member one does.
const leaseName = "reminders"

// rest is the shortest time between two looks at the books, however often they move.
const rest = 500 * time.Millisecond

// Run reminds until the context ends, whenever no other process of the member does.
func (r *Reminders) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := r.parts.Store.Hold(ctx, leaseName, r.conduct.Process, r.conduct.Lease, r.serve)
		if ctx.Err() != nil {
			break
		}
		r.conduct.Logger.ErrorContext(ctx, "reminders begin anew", "error", err)
		lull.For(ctx, r.conduct.Poll)
	}
	return ctx.Err()
}

// serve looks at the books whenever they have moved, and now and then in any case: another process may fold them.
func (r *Reminders) serve(ctx context.Context) error {
	for ctx.Err() == nil {
		moved := r.parts.Books.Moved()
		more, err := r.turn(ctx)
		if err != nil {
			return err
		}
		if more {
			continue
		}
		lull.For(ctx, min(rest, r.conduct.Poll))
		lull.Until(ctx, moved, r.conduct.Poll-min(rest, r.conduct.Poll))
	}
	return context.Cause(ctx)
}

// turn makes what is due, and sends what may be sent. Books that leave something out are not relied on.
func (r *Reminders) turn(ctx context.Context) (more bool, err error) {
	standing, err := r.parts.Books.Standing(ctx)
	if err != nil || !standing.Whole() {
		return false, err
	}
	if err := r.plan(ctx); err != nil || r.quietNow() {
		return false, err
	}
	told, err := r.tell(ctx)
	if err != nil || !r.mayPost() {
		return told, err
	}
	posted, err := r.post(ctx)
	return told || posted, err
}
