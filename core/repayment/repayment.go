// Package repayment says what a borrower owes on a date, and takes a receipt apart by what it pays.
//
// Everything it says is derived from the loan's plan, from what has been paid so far and from two
// dates: the business date decides which rows are due, the value date up to which day penalty and
// interest have accrued. So no nightly job can be late, and a backdated or reversed receipt restates what
// was accrued after it, to the day.
//
// The order in which a receipt pays is the regime's; the statute's default is cost, interest,
// principal (Civil Code, art. 561), what is past due before what is due. A borrower may pay the whole
// loan off early and bears interest for the days used (Supreme Court, private lending, art. 30). What
// is paid beyond what is due and does not pay the loan off pays the next row in advance, that one only:
// whoever pays a day early is not late the day after. What is left after that stays the borrower's and
// goes back as a refund.
//
// The package never divides among lenders and never books anything.
package repayment

import (
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// Position is what a loan owes on a date.
type Position struct {
	PastDue       loan.Parts    // rows due before the business date, unpaid, and the accrued penalty
	Due           loan.Parts    // the row due on the business date, unpaid
	RestPrincipal money.Minor   // principal of rows not yet due
	RestInterest  money.Minor   // interest accrued on them from the last due date to the value date, unpaid
	OldestDue     calendar.Date // due date of the oldest row with unpaid principal or interest; none if there is none

	AheadPrincipal money.Minor // of the rows not yet due, paid in advance
	AheadInterest  money.Minor // interest paid in advance, as far as it has accrued
}

// Total is what pays the loan off on the date. Charges of rows that are not yet due are not asked for.
func (p Position) Total() money.Minor {
	return p.PastDue.Total() + p.Due.Total() + p.RestPrincipal + p.RestInterest
}

// ledger walks a loan's rows with what was paid, which fills the rows in order, component by component.
type ledger struct {
	state    loan.State
	rows     []schedule.Row
	payments []payment
}

// At derives a loan's position. The loan must have a plan.
func At(s loan.State, on, value calendar.Date) (Position, error) {
	l, err := open(s)
	if err != nil {
		return Position{}, err
	}
	return l.position(on, value)
}

// open lays out a loan's rows and receipts.
func open(s loan.State) (ledger, error) {
	rows, err := Rows(s)
	if err != nil {
		return ledger{}, err
	}
	return ledger{s, rows, paymentsOf(s.Receipts)}, nil
}

// Rows lists the rows that stand: those of the plan, or, where an early payoff stands, those until it
// and the one that it made of all others.
func Rows(s loan.State) ([]schedule.Row, error) {
	if s.Plan == nil {
		return nil, fault.In(fault.WrongStatus, "loan")
	}
	rows, err := schedule.Generate(*s.Plan)
	if err != nil {
		return nil, fault.In(fault.Overflow, "plan")
	}
	if end := s.Payoff; end != nil {
		kept := slices.IndexFunc(rows, func(r schedule.Row) bool { return r.Due > end.On })
		if kept >= 0 {
			rows[kept] = schedule.Row{
				Number: rows[kept].Number, Due: end.On, PrincipalMinor: end.PrincipalMinor, InterestMinor: end.InterestMinor,
			}
			rows = rows[:kept+1]
		}
	}
	return rows, nil
}

// Rest lists the rows that stand, due or not, each with what of it was not paid; a row of which nothing is left is
// not among them. What was paid fills the rows in their order, also in advance. It is the same on every day:
// penalty belongs to no row, and a loan that was written off keeps its rows. A loan that is repaid has none.
func Rest(s loan.State) ([]schedule.Row, error) {
	rows, err := Rows(s)
	if err != nil || s.Status == loan.Repaid {
		return nil, err
	}
	l := ledger{state: s}
	paid := l.tally()
	rest := rows[:0]
	for _, row := range rows {
		left := row
		left.InterestMinor = match(&paid.InterestMinor, row.InterestMinor)
		left.PrincipalMinor = match(&paid.PrincipalMinor, row.PrincipalMinor)
		fees := money.Minor(0)
		for i, fee := range row.FeesMinor {
			left.FeesMinor[i] = match(&paid.FeesMinor[i], fee)
			fees += left.FeesMinor[i]
		}
		if left.InterestMinor+left.PrincipalMinor+fees > 0 {
			rest = append(rest, left)
		}
	}
	return rest, nil
}

func (l ledger) position(on, value calendar.Date) (Position, error) {
	p := Position{PastDue: l.nothing(), Due: l.nothing()}
	paid := l.tally()
	from := l.state.Plan.Start
	var scheduled money.Minor // interest of the rows not yet due
	for _, row := range l.rows {
		group := &p.Due
		switch {
		case row.Due < on:
			group = &p.PastDue
		case row.Due > on:
			rest := match(&paid.PrincipalMinor, row.PrincipalMinor)
			p.RestPrincipal += rest
			p.AheadPrincipal += row.PrincipalMinor - rest
			scheduled += row.InterestMinor
			continue
		}
		from = row.Due
		if claims(&paid, row, group) && p.OldestDue.IsZero() {
			p.OldestDue = row.Due
		}
	}
	used, err := l.used(p, from, value)
	if err != nil {
		return Position{}, err
	}
	used = min(used, scheduled) // rounding apart, it is never more; a payoff then never costs more than the rows
	p.AheadInterest = min(used, paid.InterestMinor)
	p.RestInterest = used - p.AheadInterest
	p.PastDue.PenaltyMinor, err = l.penalty(l.payments, value, l.state.Paid.PenaltyMinor)
	return p, err
}

// nothing is parts of zero that have a place for each charge.
func (l ledger) nothing() loan.Parts {
	return loan.Parts{FeesMinor: make([]money.Minor, len(l.state.Plan.Charges))}
}

// tally is what has been paid and not yet been matched with a row.
func (l ledger) tally() loan.Parts {
	paid := l.state.Paid
	paid.FeesMinor = slices.Clone(paid.FeesMinor)
	return paid
}

// used is the interest for the days since the last due date: on the principal that is not yet due and
// unpaid until the value date, and on what was paid of it in advance until that arrived.
func (l ledger) used(p Position, from, value calendar.Date) (money.Minor, error) {
	sum, err := l.accrued(p.RestPrincipal, from, value)
	ahead := p.AheadPrincipal
	for i := len(l.payments) - 1; i >= 0 && ahead > 0 && err == nil; i-- {
		arrived := min(ahead, l.payments[i].principal)
		ahead -= arrived
		var part money.Minor
		if part, err = l.accrued(arrived, from, min(value, l.payments[i].on)); err == nil {
			sum, err = money.Add(sum, part)
		}
	}
	return sum, err
}

// accrued is the interest on an amount of principal from one day to another.
func (l ledger) accrued(principal money.Minor, from, value calendar.Date) (money.Minor, error) {
	if value <= from || principal == 0 {
		return 0, nil
	}
	interest, err := schedule.Accrued(principal, l.state.Plan.RatePPM, l.state.Plan.DayCount, from, value, money.HalfEven)
	if err != nil {
		return 0, fault.In(fault.Overflow, "plan")
	}
	return interest, nil
}

// OverdueDays is for how many days the oldest unpaid row has been due on a business date.
func OverdueDays(s loan.State, on calendar.Date) (int, error) {
	p, err := At(s, on, on)
	if err != nil || p.OldestDue.IsZero() {
		return 0, err
	}
	return calendar.Days(p.OldestDue, on), nil
}

// claims matches the next row with what was paid and adds what is left of it to a group. It reports
// whether principal or interest is.
func claims(paid *loan.Parts, row schedule.Row, group *loan.Parts) bool {
	interest := match(&paid.InterestMinor, row.InterestMinor)
	principal := match(&paid.PrincipalMinor, row.PrincipalMinor)
	group.InterestMinor += interest
	group.PrincipalMinor += principal
	for i, fee := range row.FeesMinor {
		group.FeesMinor[i] += match(&paid.FeesMinor[i], fee)
	}
	return principal+interest > 0
}

func match(paid *money.Minor, due money.Minor) money.Minor {
	covered := min(*paid, due)
	*paid -= covered
	return due - covered
}
