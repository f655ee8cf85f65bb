package projection

import (
	"context"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// Proposed lists loans that wait for the regulator's clearance. No collection asks for all of them.
func (m *Model) Proposed(ctx context.Context, collection string, page Page) (List[Loan], error) {
	return m.Loans(ctx, LoanFilter{Collection: collection, Statuses: []loan.Status{loan.Proposed}}, page)
}

// Due is what a payout run would take: from a loan, or from what came back to a party when its payout was
// refused.
type Due struct {
	Collection  string      `json:"collection"`
	Loan        string      `json:"loan,omitempty"`
	Party       string      `json:"party,omitempty"`
	AmountMinor money.Minor `json:"amount_minor"`
}

// Owing lists loans with something to net.
func (m *Model) Owing(ctx context.Context, collection string, page Page) (List[Due], error) {
	q := query{columns: "t.seq, t.collection, t.loan, t.owing_minor", from: "rm_loan t", where: []string{"t.owing_minor > 0"}}
	among(&q, "t.status", []loan.Status{loan.Active, loan.Repaid, loan.WrittenOff})
	q.equal("t.collection", collection)
	return list(ctx, m, q, page, func(from scanner) (d Due, seq int64, err error) {
		err = from.Scan(&seq, &d.Collection, &d.Loan, &d.AmountMinor)
		return d, seq, err
	})
}

// OwingParties lists parties whose payouts came back and wait for the next run.
func (m *Model) OwingParties(ctx context.Context, collection string, page Page) (List[Due], error) {
	q := records(accounts.table)
	q.where = []string{"t.payable_minor > 0"}
	q.equal("t.collection", collection)
	return list(ctx, m, q, page, func(from scanner) (Due, int64, error) {
		h, seq, err := scanHeld[custody.Account](from)
		return Due{Collection: h.Collection, Party: h.ID, AmountMinor: h.State.PayableMinor}, seq, err
	})
}

// Relief is a loan of which more, or less, is reserved of its borrower's exposure than it needs.
type Relief struct {
	Collection    string      `json:"collection"`
	Loan          string      `json:"loan"`
	Status        loan.Status `json:"status"`
	ReservedMinor money.Minor `json:"reserved_minor"`
	NeededMinor   money.Minor `json:"needed_minor"`
}

// Unrelieved lists loans whose reservation is no longer what they need: principal was repaid, the loan ended,
// or a reversal opened it again. A loan whose clearance has lapsed is not among them: what was reserved for it
// was let go, and it gets nothing back. Only custodians and the regulator hold reservations.
func (m *Model) Unrelieved(ctx context.Context, collection string, page Page) (List[Relief], error) {
	q := query{
		columns: "t.seq, t.collection, t.loan, t.status, r.amount_minor, t.exposed_minor",
		from:    "rm_loan t JOIN rm_reservation r ON r.loan = t.loan",
		where:   []string{"r.amount_minor <> t.exposed_minor", "(r.amount_minor > 0 OR t.status <> '" + string(loan.Cleared) + "')"},
	}
	q.equal("t.collection", collection)
	return list(ctx, m, q, page, func(from scanner) (r Relief, seq int64, err error) {
		err = from.Scan(&seq, &r.Collection, &r.Loan, &r.Status, &r.ReservedMinor, &r.NeededMinor)
		return r, seq, err
	})
}
