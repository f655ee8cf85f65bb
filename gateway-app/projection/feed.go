package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Entry is one row of the feed. Sequence is dense from 1, and the same again after a rebuild.
type Entry struct {
	Sequence   int64     `json:"sequence"`
	Type       string    `json:"type"` // "loan.active"
	Kind       string    `json:"kind"` // what stands before the dot
	Collection string    `json:"collection,omitempty"`
	Platform   string    `json:"platform,omitempty"`
	Subject    string    `json:"subject"` // the loan's id, the record's handle or the member's id
	Block      uint64    `json:"block"`
	TxID       string    `json:"tx_id"`
	At         time.Time `json:"at"` // by the claim of whoever sent the transaction
	Payload    Payload   `json:"payload"`
}

// Kinds are the kinds of events that the feed has, in order.
func Kinds() []string {
	return []string{
		"custody", "day", "evidence", "exposure", "loan", "mandate", "member", "party", "platform", "regime", "repayment", "suspense",
	}
}

// FeedFilter narrows the feed. Empty fields ask for nothing.
type FeedFilter struct {
	Kinds      []string
	Types      []string
	Collection string
	Subject    string
}

// Feed answers what happened after a row of the feed, oldest first, at most 1,000 rows.
func (m *Model) Feed(ctx context.Context, after int64, limit int, f FeedFilter) ([]Entry, error) {
	q := query{columns: "t.seq, t.type, t.kind, t.collection, t.platform, t.subject, t.block, t.tx_id, t.at, t.payload", from: "rm_feed t"}
	among(&q, "t.kind", f.Kinds)
	among(&q, "t.type", f.Types)
	q.equal("t.collection", f.Collection)
	q.equal("t.subject", f.Subject)
	q.that("t.seq > $", after)
	found, err := list(ctx, m, q, Page{Limit: limit}, scanEntry)
	return found.Items, err
}

// FeedEnd is the number of the feed's last row, 0 before the first.
func (m *Model) FeedEnd(ctx context.Context) (int64, error) {
	at, err := readCheckpoint(ctx, m.db)
	return at.feed, err
}

func scanEntry(from scanner) (Entry, int64, error) {
	var e Entry
	var block int64
	var at, payload string
	err := from.Scan(&e.Sequence, &e.Type, &e.Kind, &e.Collection, &e.Platform, &e.Subject, &block, &e.TxID, &at, &payload)
	if err != nil {
		return e, 0, err
	}
	e.Block = uint64(block)
	if e.At, err = store.ParseTime(at); err != nil {
		return e, 0, err
	}
	if err := json.Unmarshal([]byte(payload), &e.Payload); err != nil {
		return e, 0, fmt.Errorf("read row %d of the feed: %w: rebuild the read model", e.Sequence, err)
	}
	return e, e.Sequence, nil
}
