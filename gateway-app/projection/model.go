package projection

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Model answers from the read model. It never writes, and it is safe for use by many goroutines. What does
// not exist, or is not the member's to see, is a *fault.Fault with the code not_found.
type Model struct{ db *store.DB }

// NewModel answers from a database that a Projection of this or another process keeps.
func NewModel(db *store.DB) *Model { return &Model{db} }

// Page asks for a part of a list, which has the order of the ledger. After is the Next of the page before.
type Page struct {
	After  string
	Limit  int  // at most 1,000; none: 100
	Newest bool // the last first
}

// The bounds of a page.
const (
	usualLimit   = 100
	largestLimit = 1000
)

// List is one page. Next is empty when there is no further one.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// All walks every page of a list.
func All[T any](ctx context.Context, list func(context.Context, Page) (List[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		page := Page{Limit: largestLimit}
		for {
			found, err := list(ctx, page)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range found.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.After = found.Next; found.Next == "" {
				return
			}
		}
	}
}

// Held is a record or a value as the model has it: its state, and the transaction that wrote it last.
type Held[S any] struct {
	Collection string    `json:"collection,omitempty"`
	ID         string    `json:"id"`
	Sequence   int64     `json:"sequence,omitempty"` // how many transactions wrote the record; 0 for what is no record
	State      S         `json:"state"`
	Block      uint64    `json:"block"`
	TxID       string    `json:"tx_id"`
	At         time.Time `json:"at"` // by the claim of whoever sent the transaction
}

// The columns that scanHeld reads, of a record and of a plain value, in a table called t.
const (
	heldRecord = "t.seq, t.collection, t.id, t.sequence, t.state, t.block, t.tx_id, t.at"
	heldValue  = "t.seq, t.collection, t.id, 0, t.state, t.block, t.tx_id, t.at"
)

// scanner is a row or the rows of an answer.
type scanner interface{ Scan(targets ...any) error }

// scanHeld reads what heldRecord and heldValue name, and more columns behind them.
func scanHeld[S any](from scanner, more ...any) (h Held[S], seq int64, err error) {
	var text, at string
	var block int64
	targets := append([]any{&seq, &h.Collection, &h.ID, &h.Sequence, &text, &block, &h.TxID, &at}, more...)
	if err := from.Scan(targets...); err != nil {
		return h, 0, err
	}
	h.Block = uint64(block)
	if h.At, err = store.ParseTime(at); err != nil {
		return h, 0, err
	}
	if err := json.Unmarshal([]byte(text), &h.State); err != nil {
		return h, 0, fmt.Errorf("read %s: %w: rebuild the read model", h.ID, err)
	}
	return h, seq, nil
}

// query is a list to be asked for: what, from where, and which.
type query struct {
	columns, from string
	where         []string
	args          []any
}

// equal asks for a column to have a value. No value asks for nothing.
func (q *query) equal(column, value string) {
	if value != "" {
		q.that(column+" = $", value)
	}
}

// that adds a condition that ends where the number of its value belongs.
func (q *query) that(condition string, value any) {
	q.args = append(q.args, value)
	q.where = append(q.where, condition+strconv.Itoa(len(q.args)))
}

// among asks for a column to have one of some values. No values ask for nothing.
func among[T ~string](q *query, column string, values []T) {
	if len(values) == 0 {
		return
	}
	numbers := make([]string, len(values))
	for i, v := range values {
		q.args = append(q.args, string(v))
		numbers[i] = "$" + strconv.Itoa(len(q.args))
	}
	q.where = append(q.where, column+" IN ("+strings.Join(numbers, ", ")+")")
}

func (q *query) text(order string) string {
	text := "SELECT " + q.columns + " FROM " + q.from
	if len(q.where) > 0 {
		text += " WHERE " + strings.Join(q.where, " AND ")
	}
	return text + " " + order
}

// list answers one page of a query, in the order of its rows' numbers.
func list[T any](ctx context.Context, m *Model, q query, page Page, scan func(scanner) (T, int64, error)) (List[T], error) {
	found := List[T]{Items: []T{}}
	limit := usualLimit
	if page.Limit > 0 {
		limit = min(page.Limit, largestLimit)
	}
	order, beyond := "ORDER BY t.seq", "t.seq > $"
	if page.Newest {
		order, beyond = "ORDER BY t.seq DESC", "t.seq < $"
	}
	if page.After != "" {
		after, err := strconv.ParseInt(page.After, 10, 64)
		if err != nil || after < 0 {
			return found, fault.In(fault.InvalidField, "after")
		}
		q.where, q.args = slices.Clone(q.where), slices.Clone(q.args)
		q.that(beyond, after)
	}
	rows, err := m.db.QueryContext(ctx, q.text(order+" LIMIT "+strconv.Itoa(limit+1)), q.args...)
	if err != nil {
		return found, fmt.Errorf("list from %s: %w", q.from, err)
	}
	defer rows.Close()
	var last int64
	for rows.Next() {
		if len(found.Items) == limit {
			found.Next = strconv.FormatInt(last, 10)
			break
		}
		item, seq, err := scan(rows)
		if err != nil {
			return found, fmt.Errorf("list from %s: %w", q.from, err)
		}
		found.Items, last = append(found.Items, item), seq
	}
	if err := rows.Err(); err != nil {
		return found, fmt.Errorf("list from %s: %w", q.from, err)
	}
	return found, nil
}

// one answers the only row of a query, or that what it asks for is not found.
func one[T any](ctx context.Context, m *Model, q query, what string, scan func(scanner) (T, int64, error)) (T, error) {
	item, _, err := scan(m.db.QueryRowContext(ctx, q.text(""), q.args...))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return item, fault.In(fault.NotFound, what)
	case err != nil:
		return item, fmt.Errorf("look up the %s: %w", what, err)
	}
	return item, nil
}

// records is a query for a table's records, values for its plain values.
func records(t *table) query { return query{columns: heldRecord, from: t.name + " t"} }
func values(t *table) query  { return query{columns: heldValue, from: t.name + " t"} }

// under narrows a query to the row of one id.
func under(q query, collection, id string) query {
	q.that("t.collection = $", collection)
	q.that("t.id = $", id)
	return q
}

func held[S any](from scanner) (Held[S], int64, error) { return scanHeld[S](from) }
