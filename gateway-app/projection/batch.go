package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// batch is one SQL transaction's worth of blocks: what they change is gathered here, over what the cache
// knows to be committed, and written at the end. A batch that is not committed leaves no trace, so that its
// transaction can be run again.
type batch struct {
	tx    *sql.Tx
	cache caches
	at    checkpoint // as it will be when the batch is written

	change  ledger.Change // in hand
	time    string        // of its transaction
	pending anchoring     // what the transaction in hand appended to a member's log, until the log is folded

	dirty map[string]*row
	order []*row // of those that are not in the database yet
	added map[*table][][]any

	positions map[string]portfolio.Position // of loans, by id, as they count in the sums
	sums
}

// row is a row that may be written several times in a batch and goes to the database once.
type row struct {
	table *table
	key   string // in the cache; empty for what is no record
	version
	values  func() []any
	flushed bool
}

func newBatch(tx *sql.Tx, committed caches, at checkpoint) *batch {
	return &batch{
		tx: tx, cache: committed, at: at, dirty: map[string]*row{}, added: map[*table][][]any{},
		positions: map[string]portfolio.Position{}, sums: newSums(),
	}
}

// fold folds one block, which must be the next one.
func (b *batch) fold(ctx context.Context, in intake) error {
	if err := b.at.admits(in); err != nil {
		return err
	}
	for _, s := range in.steps {
		if s.change.TxID != b.change.TxID {
			if err := b.settled(); err != nil {
				return err
			}
			b.time = store.Time(s.change.Timestamp)
		}
		b.change = s.change
		if err := s.fold(ctx, b); err != nil {
			return found(s.change, err)
		}
	}
	if err := b.settled(); err != nil {
		return err
	}
	b.change = ledger.Change{}
	b.at.block, b.at.hash = int64(in.number), in.hash
	return nil
}

// settled wants nothing of the transaction in hand to be left over.
func (b *batch) settled() error {
	if b.pending.empty() {
		return nil
	}
	return found(b.change, differs("an entry was anchored in the log of %s, and the log was not written", b.pending.member))
}

// number gives the next number of a row.
func (b *batch) number() int64 {
	b.at.seq++
	return b.at.seq
}

// add keeps a row that is written once.
func (b *batch) add(t *table, values ...any) { b.added[t] = append(b.added[t], values) }

// put keeps a row that may be written again. What it holds is asked for when the batch is written.
func (b *batch) put(r row) {
	at := r.table.name + "\x00" + r.key
	if known, ok := b.dirty[at]; ok {
		known.version, known.values = r.version, r.values
		if known.flushed {
			known.flushed, b.order = false, append(b.order, known)
		}
		return
	}
	b.dirty[at] = &r
	b.order = append(b.order, &r)
}

// version answers a record as the batch has it: folded in it, kept in the cache, or read by the function.
func (b *batch) version(t *table, key string, read func() (version, error)) (version, error) {
	if r, ok := b.dirty[t.name+"\x00"+key]; ok {
		return r.version, nil
	}
	if v, ok := b.cache.records.get(key); ok {
		return v, nil
	}
	v, err := read()
	if err == nil && v.seq != 0 {
		b.cache.records.put(key, v)
	}
	return v, err
}

// exists reports whether a table has a row under a key, in this batch or before.
func (b *batch) exists(ctx context.Context, t *table, key, collection, id string) (bool, error) {
	if _, ok := b.dirty[t.name+"\x00"+key]; ok {
		return true, nil
	}
	var one int
	query := "SELECT 1 FROM " + t.name + " WHERE collection = $1 AND id = $2"
	switch err := b.tx.QueryRowContext(ctx, query, collection, id).Scan(&one); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look up %s: %w", t.name, err)
	}
	return true, nil
}

// flush writes the rows of some tables that are not in the database yet, and all sums, so that they can be asked for.
// Rows that may be written again in this batch wait where they can.
func (b *batch) flush(ctx context.Context, wanted func(*table) bool) error {
	rows := map[*table][][]any{}
	waiting := b.order[:0]
	for _, r := range b.order {
		if !wanted(r.table) {
			waiting = append(waiting, r)
			continue
		}
		rows[r.table] = append(rows[r.table], r.values())
		r.flushed = true
	}
	b.order = waiting
	for t, added := range b.added {
		if wanted(t) {
			rows[t] = append(rows[t], added...)
			delete(b.added, t)
		}
	}
	byName := func(x, y *table) int { return strings.Compare(x.name, y.name) }
	for _, t := range slices.SortedFunc(maps.Keys(rows), byName) {
		if err := t.write(ctx, b.tx, rows[t]); err != nil {
			return err
		}
	}
	return b.sums.write(ctx, b.tx)
}

// write writes every row and the checkpoint.
func (b *batch) write(ctx context.Context) error {
	if err := b.flush(ctx, func(*table) bool { return true }); err != nil {
		return err
	}
	return b.at.write(ctx, b.tx)
}

// committed hands what was written on to the caches.
func (b *batch) committed() {
	for _, r := range b.dirty {
		if r.state != nil {
			b.cache.records.put(r.key, r.version)
		}
	}
	for loan, p := range b.positions {
		b.cache.positions.put(loan, p)
	}
}

// plain is a text as a column can hold it: PostgreSQL takes no zero byte, and payers write what they like.
func plain(text string) string { return strings.ReplaceAll(text, "\x00", "\uFFFD") }
