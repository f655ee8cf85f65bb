package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Closing is how a platform stood with a custodian when that custodian closed a business day: the same on every
// member's machine that holds the platform's loans.
type Closing struct {
	portfolio.Standing
	Block uint64    `json:"block"` // in which the day was closed
	TxID  string    `json:"tx_id"`
	At    time.Time `json:"at"` // by the claim of whoever sent the transaction
	// Regime is the reporting pack that was in force when the day was closed, by what the ledger had said by then: what is
	// adopted, or retired, afterwards changes no close. Empty: none was, and nothing is disclosed of this close.
	Regime       string `json:"regime,omitempty"`
	RegimeDigest string `json:"regime_digest,omitempty"`
}

// ClosingFilter narrows a list of closings. Empty fields ask for nothing.
type ClosingFilter struct {
	Platform  string
	Custodian string
	From      calendar.Date // the first business day
	Through   calendar.Date // the last one
}

// Closings lists closings in the order of the ledger.
func (m *Model) Closings(ctx context.Context, f ClosingFilter, page Page) (List[Closing], error) {
	q := closingQuery()
	q.equal("t.platform", f.Platform)
	q.equal("t.custodian", f.Custodian)
	if !f.From.IsZero() {
		q.that("t.closed_on >= $", f.From.String())
	}
	if !f.Through.IsZero() {
		q.that("t.closed_on <= $", f.Through.String())
	}
	return list(ctx, m, q, page, scanClosing)
}

// Closing answers how a platform stood with a custodian at the close of one business day.
func (m *Model) Closing(ctx context.Context, platform, custodian string, on calendar.Date) (Closing, error) {
	q := closingQuery()
	q.that("t.platform = $", platform)
	q.that("t.custodian = $", custodian)
	q.that("t.closed_on = $", on.String())
	return one(ctx, m, q, "closing", scanClosing)
}

// LastClosing answers how a platform stood at the last close on a day or before it: at a month's end, whatever day of
// the month banks worked last.
func (m *Model) LastClosing(ctx context.Context, platform, custodian string, notAfter calendar.Date) (Closing, error) {
	q := closingQuery()
	q.that("t.platform = $", platform)
	q.that("t.custodian = $", custodian)
	q.that(`t.closed_on = (SELECT MAX(last.closed_on) FROM rm_closing last
		WHERE last.platform = t.platform AND last.custodian = t.custodian AND last.closed_on <= $`, notAfter.String())
	q.where[len(q.where)-1] += ")"
	return one(ctx, m, q, "closing", scanClosing)
}

func closingQuery() query {
	return query{columns: "t.seq, t.block, t.tx_id, t.at, t.standing, t.regime, t.regime_digest", from: "rm_closing t"}
}

func scanClosing(from scanner) (Closing, int64, error) {
	var c Closing
	var seq, block int64
	var at, text string
	if err := from.Scan(&seq, &block, &c.TxID, &at, &text, &c.Regime, &c.RegimeDigest); err != nil {
		return c, 0, err
	}
	if err := json.Unmarshal([]byte(text), &c.Standing); err != nil {
		return c, 0, fmt.Errorf("read a closing: %w: rebuild the read model", err)
	}
	c.Block = uint64(block)
	var err error
	c.At, err = store.ParseTime(at)
	return c, seq, err
}
