package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Backlog is what is under way.
type Backlog struct {
	Stored   int64         // commands of which nothing was sent
	Sent     int64         // commands whose transaction may be ordered
	Longest  time.Duration // since the oldest of them was stored
	Doubtful int64         // requests an envelope of which was given up without a verdict
}

// Backlog counts what is under way, for metrics and readiness.
func (o *Outbox) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	var oldest string
	const query = `SELECT COUNT(*) FILTER (WHERE status = 'stored'), COUNT(*) FILTER (WHERE status = 'sent'), COALESCE(MIN(stored_at), ''),
		(SELECT COUNT(*) FROM outbox_request WHERE decided_at = '' AND doubtful) FROM outbox_command WHERE decided_at = ''`
	if err := o.db.QueryRowContext(ctx, query).Scan(&b.Stored, &b.Sent, &oldest, &b.Doubtful); err != nil {
		return Backlog{}, fmt.Errorf("count the outbox: %w", err)
	}
	if oldest != "" {
		since, err := store.ParseTime(oldest)
		if err != nil {
			return Backlog{}, fmt.Errorf("count the outbox: %w", err)
		}
		b.Longest = o.settings.now().Sub(since)
	}
	return b, nil
}

// Prune forgets what was decided before a time, and answers how many commands that were. The ledger
// remembers their ids for ever; this member answers them as before only until then.
func (o *Outbox) Prune(ctx context.Context, before time.Time) (int64, error) {
	var pruned int64
	err := o.db.Write(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"outbox_request", "outbox_command"} {
			result, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE decided_at <> '' AND decided_at < $1`, store.Time(before))
			if err != nil {
				return err
			}
			if pruned, err = result.RowsAffected(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("prune the outbox: %w", err)
	}
	return pruned, nil
}
