package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Loan is a loan with its terms, and with its funding once it was funded. OwingMinor is what a payout run would
// take from it now.
type Loan struct {
	Held[loan.State]
	OwingMinor money.Minor   `json:"owing_minor"`
	Terms      loan.Terms    `json:"terms"`
	Funding    *loan.Funding `json:"funding,omitempty"`
}

// LoanFilter narrows a list of loans. Empty fields ask for nothing.
type LoanFilter struct {
	Collection string
	Platform   string
	Custodian  string
	Borrower   string
	Lender     string
	Regime     string
	Project    string
	Statuses   []loan.Status
	Frozen     bool // only those under a supervisory order
}

func loanQuery() query {
	return query{
		columns: heldRecord + ", t.owing_minor, terms.state, COALESCE(funding.state, '')",
		from: "rm_loan t JOIN rm_terms terms ON terms.collection = t.collection AND terms.id = t.id " +
			"LEFT JOIN rm_funding funding ON funding.collection = t.collection AND funding.id = t.id",
	}
}

func scanLoan(from scanner) (Loan, int64, error) {
	var l Loan
	var owing int64
	var terms, funding string
	h, seq, err := scanHeld[loan.State](from, &owing, &terms, &funding)
	if err != nil {
		return l, 0, err
	}
	l.Held, l.OwingMinor = h, money.Minor(owing)
	if err := json.Unmarshal([]byte(terms), &l.Terms); err != nil {
		return l, 0, fmt.Errorf("read the terms of %s: %w: rebuild the read model", h.ID, err)
	}
	if funding != "" {
		if err := json.Unmarshal([]byte(funding), &l.Funding); err != nil {
			return l, 0, fmt.Errorf("read the funding of %s: %w: rebuild the read model", h.ID, err)
		}
	}
	return l, seq, nil
}

// Loans lists loans in the order in which they were proposed.
func (m *Model) Loans(ctx context.Context, f LoanFilter, page Page) (List[Loan], error) {
	q := loanQuery()
	q.equal("t.collection", f.Collection)
	q.equal("t.platform", f.Platform)
	q.equal("t.custodian", f.Custodian)
	q.equal("t.borrower", f.Borrower)
	q.equal("t.regime", f.Regime)
	q.equal("terms.project", f.Project)
	if f.Lender != "" {
		q.that("t.loan IN (SELECT a.loan FROM rm_allocation a WHERE a.lender = $", f.Lender)
		q.where[len(q.where)-1] += ")"
	}
	among(&q, "t.status", f.Statuses)
	if f.Frozen {
		q.where = append(q.where, "t.frozen <> ''")
	}
	return list(ctx, m, q, page, scanLoan)
}

// Loan answers a loan by its full id.
func (m *Model) Loan(ctx context.Context, id string) (Loan, error) {
	q := loanQuery()
	q.that("t.loan = $", id)
	return one(ctx, m, q, "loan", scanLoan)
}

// Step is one event in the history of a record.
type Step struct {
	Sequence int64           `json:"sequence"` // of the record's version that brought it
	Kind     string          `json:"kind"`
	On       string          `json:"on,omitempty"` // business date
	Block    uint64          `json:"block"`
	TxID     string          `json:"tx_id"`
	At       time.Time       `json:"at"`
	Event    json.RawMessage `json:"event"`
}

// LoanHistory lists what happened to a loan. A receipt's event is the original that its reversal must bring.
func (m *Model) LoanHistory(ctx context.Context, id string, page Page) (List[Step], error) {
	_, _, handle, ok := wire.SplitLoanID(id)
	if !ok {
		return List[Step]{}, fault.In(fault.NotFound, "loan")
	}
	l, err := m.Loan(ctx, id)
	if err != nil {
		return List[Step]{}, err
	}
	return m.History(ctx, loans.name, l.Collection, handle, page)
}

// History lists what happened to a record by its noun: loan, party, mandate, custody, account, suspense, day,
// regime, platform, exposure or evidence.
func (m *Model) History(ctx context.Context, noun, collection, id string, page Page) (List[Step], error) {
	q := query{columns: "t.seq, t.sequence, t.kind, t.dated, t.block, t.tx_id, t.at, t.event", from: "rm_event t"}
	q.that("t.collection = $", collection)
	q.that("t.noun = $", noun)
	q.that("t.id = $", id)
	return list(ctx, m, q, page, func(from scanner) (Step, int64, error) {
		var s Step
		var seq, block int64
		var at, text string
		if err := from.Scan(&seq, &s.Sequence, &s.Kind, &s.On, &block, &s.TxID, &at, &text); err != nil {
			return s, 0, err
		}
		s.Block, s.Event = uint64(block), json.RawMessage(text)
		var err error
		s.At, err = store.ParseTime(at)
		return s, seq, err
	})
}
