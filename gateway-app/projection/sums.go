package projection

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// The tables of running sums. None is ever counted anew: a loan's former position is taken out of them, its new one
// goes in.
var (
	portfolioCells = &table{
		name: "rm_portfolio", summed: true, spent: "loans = 0",
		key: []string{"platform", "custodian", "due_on", "status", "grade", "term_months", "vintage", "related"},
		columns: []string{
			"platform", "custodian", "due_on", "status", "grade", "term_months", "vintage", "related",
			"loans", "owing_loans", "bearing_loans", "principal_minor", "outstanding_minor", "interest_minor",
		},
	}
	unpaidRows = &table{
		name: "rm_unpaid", summed: true, spent: "loans = 0", key: []string{"platform", "custodian", "due_on"},
		columns: []string{"platform", "custodian", "due_on", "loans", "principal_minor", "interest_minor"},
	}
	borrowers = &table{
		name: "rm_borrower", summed: true, key: []string{"platform", "custodian", "borrower"},
		columns: []string{"platform", "custodian", "borrower", "loans", "outstanding_minor"},
	}
	lenders = &table{
		name: "rm_lender", summed: true, key: []string{"platform", "custodian", "lender"},
		columns: []string{"platform", "custodian", "lender", "loans", "owing_loans"},
	}
	charges = &table{
		name: "rm_charge", summed: true, key: []string{"platform", "custodian", "payee", "basis", "ppm", "flat_minor"},
		columns: []string{"platform", "custodian", "payee", "basis", "ppm", "flat_minor", "loans"},
	}
)

// The keys of the tables, in the order of their columns.
type (
	pair struct{ platform, custodian string }
	cell struct {
		pair
		dueOn         calendar.Date
		status, grade string
		termMonths    int
		vintage       string
		related       bool
	}
	dueDay struct {
		pair
		on calendar.Date
	}
	customer struct {
		pair
		handle string
	}
	standard struct {
		pair
		schedule.Charge
	}
)

// mostSums is how many sums a row has at most.
const mostSums = 6

// gathered is what a batch adds to the rows of one table, by key, so that a row that many loans count in is written
// once.
type gathered[K comparable] map[K]*[mostSums]int64

func (g gathered[K]) add(key K, amounts ...int64) {
	sum, ok := g[key]
	if !ok {
		sum = new([mostSums]int64)
		g[key] = sum
	}
	for i, a := range amounts {
		sum[i] += a
	}
}

// write adds what was gathered to the table, and drops the rows that nothing is left of.
func (g gathered[K]) write(ctx context.Context, tx *sql.Tx, t *table, values func(K) []any) error {
	rows, taken := make([][]any, 0, len(g)), false
	for key, sum := range g {
		if *sum == [mostSums]int64{} {
			continue
		}
		taken = taken || sum[0] < 0
		row := values(key)
		for i := range len(t.columns) - len(t.key) {
			row = append(row, sum[i])
		}
		rows = append(rows, row)
	}
	clear(g)
	if err := t.write(ctx, tx, rows); err != nil || !taken || t.spent == "" {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM "+t.name+" WHERE "+t.spent); err != nil {
		return fmt.Errorf("drop spent rows of %s: %w", t.name, err)
	}
	return nil
}

// sums are what a batch adds to every table of running sums.
type sums struct {
	cells     gathered[cell]
	unpaid    gathered[dueDay]
	borrowers gathered[customer]
	lenders   gathered[customer]
	charges   gathered[standard]
	refusals  gathered[refusal]
}

func newSums() sums {
	return sums{gathered[cell]{}, gathered[dueDay]{}, gathered[customer]{}, gathered[customer]{}, gathered[standard]{}, gathered[refusal]{}}
}

func (s sums) write(ctx context.Context, tx *sql.Tx) error {
	named := func(c customer) []any { return []any{c.platform, c.custodian, c.handle} }
	for _, write := range []func() error{
		func() error {
			return s.cells.write(ctx, tx, portfolioCells, func(c cell) []any {
				return []any{c.platform, c.custodian, c.dueOn.String(), c.status, c.grade, int64(c.termMonths), c.vintage, flag(c.related)}
			})
		},
		func() error {
			return s.unpaid.write(ctx, tx, unpaidRows, func(d dueDay) []any { return []any{d.platform, d.custodian, d.on.String()} })
		},
		func() error { return s.borrowers.write(ctx, tx, borrowers, named) },
		func() error { return s.lenders.write(ctx, tx, lenders, named) },
		func() error {
			return s.charges.write(ctx, tx, charges, func(c standard) []any {
				return []any{c.platform, c.custodian, c.Payee, c.Basis, int64(c.PPM), int64(c.FlatMinor)}
			})
		},
		func() error {
			return s.refusals.write(ctx, tx, refusals, func(r refusal) []any {
				return []any{r.platform, r.custodian, r.month, r.what, r.by, r.code}
			})
		},
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// shift takes a loan's former position out of the sums and puts its new one in. Of a loan that was just disbursed the
// former is the zero value. Both name the lenders where the loan begins or ceases to owe principal.
func (s sums) shift(was, is portfolio.Position) {
	of := pair{is.Platform, is.Custodian}
	if was.Loan != "" {
		s.count(of, was, -1)
	}
	s.count(of, is, 1)
	s.due(of, was.Unpaid, is.Unpaid)
	var begun int64
	if was.Loan == "" {
		begun = 1
		for _, c := range is.ChargesOnce() {
			s.charges.add(standard{of, c}, 1)
		}
	}
	if owed := int64(is.OutstandingMinor - was.OutstandingMinor); begun+owed != 0 {
		s.borrowers.add(customer{of, is.Borrower}, begun, owed)
	}
	owing := flag(is.OutstandingMinor > 0) - flag(was.OutstandingMinor > 0)
	for _, lender := range is.Lenders {
		s.lenders.add(customer{of, lender}, begun, owing)
	}
}

// count counts a position in its cell, or out of it.
func (s sums) count(of pair, p portfolio.Position, sign int64) {
	interest := p.InterestMinor()
	s.cells.add(
		cell{of, p.DueOn, string(p.Status), p.Grade, p.TermMonths, vintage(p.StartedOn), p.Related},
		sign, sign*flag(p.OutstandingMinor > 0), sign*flag(interest > 0),
		sign*int64(p.PrincipalMinor), sign*int64(p.OutstandingMinor), sign*int64(interest),
	)
}

// due takes what was unpaid out of its days and puts in what is. A receipt changes the first rows; those behind them,
// which are the same, are let be.
func (s sums) due(of pair, was, is []portfolio.Due) {
	for len(was) > 0 && len(is) > 0 && was[len(was)-1] == is[len(is)-1] {
		was, is = was[:len(was)-1], is[:len(is)-1]
	}
	for _, d := range was {
		s.unpaid.add(dueDay{of, d.On}, -1, -int64(d.PrincipalMinor), -int64(d.InterestMinor))
	}
	for _, d := range is {
		s.unpaid.add(dueDay{of, d.On}, 1, int64(d.PrincipalMinor), int64(d.InterestMinor))
	}
}

// vintage is the month in which the money left.
func vintage(d calendar.Date) string { return d.String()[:len("2006-01")] }
