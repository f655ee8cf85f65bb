package anchoring

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// batchSize is how many digests go in one transaction at most.
const batchSize = 500

// How long a digest rests that the ledger has refused: twice as long after each refusal.
const (
	firstRest   = time.Second
	longestRest = 10 * time.Minute
)

// due is a digest that is to go to the ledger.
type due struct {
	evidence.Entry
	refusals int64
}

// rest is how long it waits after one more refusal.
func (d due) rest() time.Duration { return min(firstRest<<min(d.refusals, 20), longestRest) }

// batch is what goes to the ledger under one request id.
type batch struct {
	request string
	list    []due
}

// Send takes what is due to the ledger, batch by batch, and answers how many digests are there that were not. Each is
// tried once, and those that the ledger refuses hold up no other: the error names the first of each batch. Another error
// ends the sending, and the next Send goes on where it stood.
func (l *Log) Send(ctx context.Context) (int, error) {
	began := l.now()
	anchored := 0
	var refusals []error
	for {
		b, err := l.next(ctx, began)
		if err != nil || len(b.list) == 0 {
			return anchored, errors.Join(append(refusals, err)...)
		}
		count, refusal, err := l.send(ctx, b, began)
		anchored += count
		if err != nil {
			refusals = append(refusals, fmt.Errorf("anchor %d digests of %s: %w", len(b.list), l.part, err))
			return anchored, errors.Join(refusals...)
		}
		if refusal != nil {
			refusals = append(refusals, fmt.Errorf("anchor %d digests of %s: %w", len(b.list), l.part, refusal))
		}
	}
}

// next is the batch that was not finished, or a new one of what was due then; an empty one when there is neither.
func (l *Log) next(ctx context.Context, then time.Time) (batch, error) {
	var b batch
	if some, err := l.waits(ctx, then); err != nil || !some {
		return b, err
	}
	err := l.db.Write(ctx, func(tx *sql.Tx) error {
		b = batch{}
		const begun = `SELECT COALESCE(MIN(request_id), '') FROM evidence_anchor WHERE part = $1 AND anchored_at = '' AND request_id <> ''`
		err := tx.QueryRowContext(ctx, begun, l.part).Scan(&b.request)
		if err == nil && b.request == "" {
			b.request, err = l.name(ctx, tx, then)
		}
		if err == nil {
			b.list, err = l.read(ctx, tx, b.request)
		}
		return err
	})
	if err != nil {
		return batch{}, fmt.Errorf("choose what is to be anchored of %s: %w", l.part, err)
	}
	return b, nil
}

// waits reports whether there is anything to send.
func (l *Log) waits(ctx context.Context, then time.Time) (bool, error) {
	var n int64
	const query = `SELECT COUNT(*) FROM evidence_anchor WHERE part = $1 AND anchored_at = '' AND (request_id <> '' OR due_at <= $2)`
	if err := l.db.QueryRowContext(ctx, query, l.part, store.Time(then)).Scan(&n); err != nil {
		return false, fmt.Errorf("look for what is to be anchored of %s: %w", l.part, err)
	}
	return n > 0, nil
}

// name puts what was due into a new batch, and answers its name.
func (l *Log) name(ctx context.Context, tx *sql.Tx, then time.Time) (string, error) {
	request := lane.Random(16)
	const query = `UPDATE evidence_anchor SET request_id = $2 WHERE part = $1 AND digest IN (SELECT digest FROM evidence_anchor
		WHERE part = $1 AND anchored_at = '' AND request_id = '' AND due_at <= $3 ORDER BY seq LIMIT $4)`
	_, err := tx.ExecContext(ctx, query, l.part, request, store.Time(then), batchSize)
	return request, err
}

// read reads a batch in its order.
func (l *Log) read(ctx context.Context, tx *sql.Tx, request string) ([]due, error) {
	const query = `SELECT digest, phase, previous, media_type, refusals FROM evidence_anchor
		WHERE part = $1 AND anchored_at = '' AND request_id = $2 ORDER BY seq`
	rows, err := tx.QueryContext(ctx, query, l.part, request)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []due
	for rows.Next() {
		var d due
		if err := rows.Scan(&d.Digest, &d.Phase, &d.Previous, &d.MediaType, &d.refusals); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// send takes a batch to the ledger and keeps what became of each digest. It answers how many are there now, and the
// first refusal.
func (l *Log) send(ctx context.Context, b batch, began time.Time) (anchored int, refusal, err error) {
	entries := make([]evidence.Entry, len(b.list))
	for i, d := range b.list {
		entries[i] = d.Entry
	}
	command, err := Command(b.request, wire.Each, entries...)
	if err != nil {
		return 0, nil, err
	}
	outcome, err := l.sender.Do(ctx, command)
	if err != nil {
		return 0, nil, err
	}
	if !outcome.Status.Final() {
		return 0, nil, fault.New(fault.OutcomeUnknown)
	}
	err = l.db.Write(ctx, func(tx *sql.Tx) error {
		anchored, refusal, err = l.settle(ctx, tx, b, outcome, began)
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("keep what became of them: %w", err)
	}
	return anchored, refusal, nil
}

// settle writes what became of a batch's digests, of those that another process has not settled: what stands has its
// place, what was refused rests, and what was not asked about is free for another batch.
func (l *Log) settle(ctx context.Context, tx *sql.Tx, b batch, o outbox.Outcome, began time.Time) (anchored int, refusal, err error) {
	const of = ` WHERE part = $1 AND request_id = $2 AND anchored_at = ''`
	at := store.Time(l.now())
	for i, d := range b.list {
		fate, why := fateOf(o, i+1, len(b.list))
		var result sql.Result
		switch {
		case fate == there && why == nil:
			result, err = tx.ExecContext(ctx, `UPDATE evidence_anchor SET anchored_at = $4, tx_id = $5, block = $6`+of+` AND digest = $3`,
				l.part, b.request, d.Digest, at, o.TxID, int64(o.Block))
		case fate == there: // before the batch, in a transaction that this database does not know
			result, err = tx.ExecContext(ctx, `UPDATE evidence_anchor SET anchored_at = $4`+of+` AND digest = $3`, l.part, b.request, d.Digest, at)
		case fate == refused:
			refusal = cmp.Or(refusal, fmt.Errorf("digest %s: %w", d.Digest, why))
			_, err = tx.ExecContext(ctx, `UPDATE evidence_anchor SET request_id = '', refusals = refusals + 1, due_at = $4`+of+` AND digest = $3`,
				l.part, b.request, d.Digest, store.Time(began.Add(d.rest())))
		}
		if err != nil {
			return 0, nil, err
		}
		if result != nil {
			changed, err := result.RowsAffected()
			if err != nil {
				return 0, nil, err
			}
			anchored += int(changed)
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE evidence_anchor SET request_id = ''`+of, l.part, b.request)
	return anchored, refusal, err
}
