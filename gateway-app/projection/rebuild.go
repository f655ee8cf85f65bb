package projection

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Rebuild drops the read model and folds every block that the peer has, from the first. It ends with the
// rows that were there before, equal one by one, if the ledger is what it was. Until then, and also when it is
// cut off, the model says that it is not whole.
func Rebuild(ctx context.Context, db *store.DB, source Source) error {
	chain, err := source.Chain(ctx)
	if err != nil {
		return fmt.Errorf("rebuild the read model: %w", err)
	}
	err = db.Write(ctx, func(tx *sql.Tx) error { return empty(ctx, tx, int64(chain.Height)-1) })
	if err != nil {
		return fmt.Errorf("rebuild the read model: %w", err)
	}
	if chain.Height == 0 {
		return nil
	}
	return New(db, source).run(ctx, chain.Height-1)
}

// empty drops every row, and says how far those that follow must come. The checkpoint stays as a row, because it
// remembers how far the rows were.
func empty(ctx context.Context, tx *sql.Tx, last int64) error {
	for _, t := range tables() {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+t.name); err != nil {
			return fmt.Errorf("empty %s: %w", t.name, err)
		}
	}
	if err := aim(ctx, tx, last); err != nil {
		return err
	}
	return checkpoint{block: -1}.write(ctx, tx)
}

// Rows lists every row of the read model as text, table by table and in the order of the ledger, sums in the order of
// their keys; the same for the same ledger on both databases.
func Rows(ctx context.Context, db *store.DB) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		checkpoint := &table{name: checkpointTable, columns: []string{"block", "hash", "seq", "feed"}}
		for _, t := range append([]*table{checkpoint}, tables()...) {
			if !t.list(ctx, db, yield) {
				return
			}
		}
	}
}

// list reports whether more is wanted.
func (t *table) list(ctx context.Context, db *store.DB, yield func(string, error) bool) bool {
	order := []string{"seq"}
	if t.summed {
		order = t.key
	}
	rows, err := db.QueryContext(ctx, "SELECT "+strings.Join(t.columns, ", ")+" FROM "+t.name+" ORDER BY "+strings.Join(order, ", "))
	if err != nil {
		return yield("", fmt.Errorf("list %s: %w", t.name, err))
	}
	defer rows.Close()
	values, targets := make([]sql.NullString, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return yield("", fmt.Errorf("list %s: %w", t.name, err))
		}
		var text strings.Builder
		text.WriteString(t.name)
		for i, column := range t.columns {
			fmt.Fprintf(&text, " %s=%q", column, values[i].String)
		}
		if !yield(text.String(), nil) {
			return false
		}
	}
	if err := rows.Err(); err != nil {
		return yield("", fmt.Errorf("list %s: %w", t.name, err))
	}
	return true
}
