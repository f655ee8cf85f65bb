package serve

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// The leases by which an app and a rebuild know of each other on one database, from whatever machine. Each takes its
// own first and looks for the other's then, so that of two that begin at once at least one sees the other.
const (
	presenceLease = "app/"
	rebuildLease  = "rebuild"
	presenceTime  = 15 * time.Second
)

// patience is how long one waits for the other, of which a killed one seems to run for as long as its lease lasts.
const patience = presenceTime + presenceTime/3

// appear says in the database that this process of the app runs. It refuses to while the read model is rebuilt.
func appear(ctx context.Context, db *store.DB, process string, patience time.Duration) error {
	if _, taken, err := db.Lease(ctx, presenceLease+process, process, presenceTime); err != nil || !taken {
		return err
	}
	rebuilding, err := outwait(ctx, db, rebuildLease, patience)
	if err == nil && rebuilding != "" {
		err = fmt.Errorf("the read model is being rebuilt by %s: wait for its end", rebuilding)
	}
	return err
}

// outwait waits until nobody holds a lease of the names that begin so, or answers who does when patience is at its end.
func outwait(ctx context.Context, db *store.DB, leases string, patience time.Duration) (string, error) {
	for until := time.Now().Add(patience); ; {
		holders, err := db.Holders(ctx, leases)
		if err != nil || len(holders) == 0 || time.Now().After(until) {
			return strings.Join(holders, ", "), err
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(patience / 30):
		}
	}
}

// presence goes on saying so until the app ends.
func (f *foundations) presence() task {
	return task{"presence on the database", func(ctx context.Context) error {
		return f.db.Hold(ctx, presenceLease+f.process, f.process, presenceTime, func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		})
	}}
}

// standStill runs a rebuild once no process of the app runs on the database, and refuses to while one does.
func standStill(ctx context.Context, db *store.DB, process string, patience time.Duration, run func(context.Context) error) error {
	return db.Hold(ctx, rebuildLease, process, presenceTime, func(ctx context.Context) error {
		running, err := outwait(ctx, db, presenceLease, patience)
		if err == nil && running != "" {
			err = fmt.Errorf("the app runs on this database: end %s, and try again", running)
		}
		if err != nil {
			return err
		}
		return run(ctx)
	})
}
