package anchoring

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Log is one part of the app's digests on their way to the ledger. Its methods may be called by many at once, in
// several processes.
type Log struct {
	db     *store.DB
	sender Sender
	part   string
	now    func() time.Time
}

// New makes the log of a part of the app over the member's database.
func New(db *store.DB, sender Sender, part string, now func() time.Time) *Log {
	return &Log{db, sender, part, now}
}

// Due stores a digest that is to go to the ledger, with the rows that it is of. One that is due already, or there, stays
// as it is: two documents of the same bytes are one.
func (l *Log) Due(ctx context.Context, tx *sql.Tx, e evidence.Entry, at time.Time) error {
	seq, err := store.Next(ctx, tx, "evidence_anchor/"+l.part)
	if err != nil {
		return err
	}
	const insert = `INSERT INTO evidence_anchor (part, digest, seq, phase, previous, media_type, stored_at, due_at, refusals,
		request_id, anchored_at, tx_id, block) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, '', '', '', 0) ON CONFLICT (part, digest) DO NOTHING`
	_, err = tx.ExecContext(ctx, insert, l.part, e.Digest, seq, string(e.Phase), e.Previous, e.MediaType, store.Time(at))
	if err != nil {
		return fmt.Errorf("store what is to be anchored of %s: %w", l.part, err)
	}
	return nil
}

// Unanchored counts what is not on the ledger yet.
func (l *Log) Unanchored(ctx context.Context) (int64, error) {
	var n int64
	err := l.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM evidence_anchor WHERE part = $1 AND anchored_at = ''`, l.part).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what is to be anchored of %s: %w", l.part, err)
	}
	return n, nil
}

// sendEvery is how long digests are gathered for one transaction.
const sendEvery = 2 * time.Second

// Run sends what is due until the context ends. Failures go to report, and are tried again.
func (l *Log) Run(ctx context.Context, report func(error)) error {
	ticker := time.NewTicker(sendEvery)
	defer ticker.Stop()
	for {
		if _, err := l.Send(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
