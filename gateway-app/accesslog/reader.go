package accesslog

import (
	"context"
	"fmt"
	"iter"

	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
)

// Filter narrows the rows that are listed; what is empty narrows nothing.
type Filter struct {
	Actor, Operation, Subject string
}

func (f Filter) narrows() bool { return f != Filter{} }

// Reader reads the log as somebody may. Whoever may not know of alerts gets confidential rows without what they
// say: enough to verify the chain. Where rows are looked for by what they say, there are none for them, so that no
// question finds out what is withheld.
type Reader struct {
	log   *Log
	knows bool
}

// For is the log as somebody reads it who may know of alerts, or may not.
func (l *Log) For(knows bool) Reader { return Reader{l, knows} }

// pageRows bounds what one query holds in memory.
const pageRows = 1000

// Page lists rows in their order, from after the given sequence.
func (r Reader) Page(ctx context.Context, filter Filter, after int64, limit int) ([]chain.Row, error) {
	const query = `SELECT ` + rowColumns + ` FROM access_log WHERE seq > $1
		AND ($2 = '' OR actor = $2) AND ($3 = '' OR operation = $3) AND ($4 = '' OR subject = $4)
		AND ($5 OR NOT confidential) ORDER BY seq LIMIT $6`
	withheldToo := r.knows || !filter.narrows()
	rows, err := r.log.db.QueryContext(ctx, query, after, filter.Actor, filter.Operation, filter.Subject, withheldToo, limit)
	if err != nil {
		return nil, fmt.Errorf("read the access log: %w", err)
	}
	defer rows.Close()
	var page []chain.Row
	for rows.Next() {
		row, err := scanRow(rows)
		if err != nil {
			return nil, fmt.Errorf("read the access log: %w", err)
		}
		if row.Confidential && !r.knows {
			row = row.Withhold()
		}
		page = append(page, row)
	}
	return page, rows.Err()
}

func scanRow(from scanner) (chain.Row, error) {
	var r chain.Row
	err := from.Scan(&r.Sequence, &r.At, &r.Actor, &r.Operation, &r.Decision, &r.Policy, &r.Subject, &r.RequestID,
		&r.Count, &r.Disclosed, &r.Confidential, &r.Salt, &r.Digest, &r.Previous, &r.Hash)
	return r, err
}

// About lists the rows that are about any of these handles, as what was asked for or among those whose data was
// shown, in their order, from after the given sequence. It reads the whole log from there: it answers a person
// who asks, not a program that polls.
func (r Reader) About(ctx context.Context, handles []string, after int64, limit int) ([]chain.Row, error) {
	about, err := r.log.naming(ctx, handles)
	if err != nil {
		return nil, err
	}
	var found []chain.Row
	for limit > 0 {
		page, err := r.Page(ctx, Filter{}, after, pageRows)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			after = row.Sequence
			if row.Withheld() || !about(row) {
				continue
			}
			if found = append(found, row); len(found) == limit {
				return found, nil
			}
		}
		if len(page) < pageRows {
			break
		}
	}
	return found, nil
}

// rows goes through the whole log in its order, a page at a time.
func (r Reader) rows(ctx context.Context) iter.Seq2[chain.Row, error] {
	return func(yield func(chain.Row, error) bool) {
		for after := int64(0); ; {
			page, err := r.Page(ctx, Filter{}, after, pageRows)
			if err != nil {
				yield(chain.Row{}, err)
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
				after = row.Sequence
			}
			if len(page) < pageRows {
				return
			}
		}
	}
}
