package api

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// keyLease is how long after its last sign of life an attempt counts as running. A process that was killed makes
// its callers wait for so long, and no longer; one that lives keeps its keys however long a handler takes.
const keyLease = 10 * time.Second

// hold prolongs an attempt's hold on its key until it is let go. The context ends when the hold is lost.
func (k *keyring) hold(ctx context.Context, s slot) (held context.Context, letGo func()) {
	held, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer stop()
		k.prolong(held, s)
	}()
	return held, func() {
		stop()
		<-ended
	}
}

// prolong answers when the context ends, or the key is another attempt's. While the database does not answer it
// goes on trying: nobody else can take the key then.
func (k *keyring) prolong(ctx context.Context, s slot) {
	ticker := time.NewTicker(keyLease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := k.db.Write(ctx, func(tx *sql.Tx) error {
			now, err := k.db.Now(ctx, tx)
			if err != nil {
				return err
			}
			const query = `UPDATE http_idempotency SET held_until = $4 WHERE name = $1 AND holder = $2 AND state = $3`
			return one(tx.ExecContext(ctx, query, s.name, s.holder, keyRunning, store.Time(now.Add(keyLease))))
		})
		var lost *Problem
		if errors.As(err, &lost) {
			return
		}
	}
}
