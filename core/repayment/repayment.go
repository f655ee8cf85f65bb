// Package repayment says what a borrower owes on a date, and takes a receipt apart by what it pays.
//
// Everything it says is derived from the loan's plan, from what has been paid so far and from two
// dates: the business date decides which rows are due, the value date up to which day penalty and
// interest have accrued. So no nightly job can be late, and a backdated receipt restates what was
// accrued after it.
//
// The order in which a receipt pays is the regime's; the statute's default is cost, interest,
// principal (Civil Code, art. 561), what is past due before what is due. A borrower may pay the whole
// loan off early and bears interest for the days used (Supreme Court, private lending, art. 30). What
// is paid beyond what is due and does not pay the loan off stays the borrower's and goes back as a
// refund.
//
// The package never divides among lenders and never books anything.
package repayment

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// penaltyYearDays is the year in which penalty is reckoned by the day: actual/365.
const penaltyYearDays = 365

// Position is what a loan owes on a date.
type Position struct {
	PastDue       loan.Parts    // rows due before the business date, unpaid, and the accrued penalty
	Due           loan.Parts    // the row due on the business date, unpaid
	RestPrincipal money.Minor   // principal of rows not yet due
	RestInterest  money.Minor   // interest accrued on it from the last due date to the value date
	OldestDue     calendar.Date // due date of the oldest row with unpaid principal or interest; none if there is none
}

// Total is what pays the loan off on the date.
func (p Position) Total() money.Minor {
	return p.PastDue.Total() + p.Due.Total() + p.RestPrincipal + p.RestInterest
}

// ledger walks a loan's rows with what was paid, which fills the rows in order, component by component.
type ledger struct {
	state loan.State
	rows  []schedule.Row
}

// At derives a loan's position. The loan must have a plan.
func At(s loan.State, on, value calendar.Date) (Position, error) {
	l, err := open(s)
	if err != nil {
		return Position{}, err
	}
	return l.position(on, value)
}

func open(s loan.State) (ledger, error) {
	if s.Plan == nil {
		return ledger{}, fault.In(fault.WrongStatus, "loan")
	}
	rows, err := schedule.Generate(*s.Plan)
	if err != nil {
		return ledger{}, fault.In(fault.Overflow, "plan")
	}
	return ledger{s, rows}, nil
}

func (l ledger) position(on, value calendar.Date) (Position, error) {
	var p Position
	paid := newTally(l.state.Paid)
	p.PastDue.FeesMinor = make([]money.Minor, len(l.state.Plan.Charges))
	p.Due.FeesMinor = make([]money.Minor, len(l.state.Plan.Charges))
	for _, row := range l.rows {
		unpaid := paid.unpaid(row)
		switch {
		case row.Due < on:
			p.PastDue = sum(p.PastDue, unpaid)
		case row.Due == on:
			p.Due = sum(p.Due, unpaid)
		default:
			p.RestPrincipal += unpaid.PrincipalMinor
		}
		if p.OldestDue.IsZero() && row.Due <= on && unpaid.PrincipalMinor+unpaid.InterestMinor > 0 {
			p.OldestDue = row.Due
		}
	}
	var err error
	if p.RestInterest, err = l.accrued(p.RestPrincipal, on, value); err != nil {
		return Position{}, err
	}
	p.PastDue.PenaltyMinor, err = l.penalty(value)
	return p, err
}

// accrued is the interest on the principal that is not yet due, for the days since the last due date.
// Interest that a receipt has paid beyond the rows that are due, as when it paid the loan off and was
// followed by a reversal, counts against it.
func (l ledger) accrued(principal money.Minor, on, value calendar.Date) (money.Minor, error) {
	from := l.state.Plan.Start
	var scheduled money.Minor
	for _, row := range l.rows {
		if row.Due <= on {
			from = row.Due
			scheduled += row.InterestMinor
		}
	}
	if value <= from {
		return 0, nil
	}
	interest, err := schedule.Accrued(principal, l.state.Plan.RatePPM, l.state.Plan.DayCount, from, value, money.HalfEven)
	if err != nil {
		return 0, fault.In(fault.Overflow, "plan")
	}
	ahead := max(0, l.state.Paid.InterestMinor-scheduled)
	return max(0, interest-ahead), nil
}

// overdueBetween adds up overdue principal × days from the day after one date to another, given how
// much principal is paid.
func (l ledger) overdueBetween(from, to calendar.Date, paid money.Minor) int64 {
	if to <= from {
		return 0
	}
	var total int64
	for _, row := range l.rows {
		covered := min(paid, row.PrincipalMinor)
		paid -= covered
		since := max(from, row.Due)
		if to > since {
			total += int64(row.PrincipalMinor-covered) * int64(calendar.Days(since, to))
		}
	}
	return total
}

// penalty is what has accrued on overdue principal up to the value date, less what was paid of it. The
// sum that the loan carries reaches to the latest value date seen so far; for an earlier one, what
// accrued in between does not count yet.
func (l ledger) penalty(value calendar.Date) (money.Minor, error) {
	through, paid := l.state.AccruedThrough, l.state.Paid.PrincipalMinor
	minorDays := l.state.OverdueMinorDays + l.overdueBetween(through, value, paid) - l.overdueBetween(value, through, paid)
	accrued, err := money.MulDiv(money.Minor(max(0, minorDays)), int64(l.state.PenaltyRatePPM), int64(money.Million)*penaltyYearDays, money.HalfEven)
	if err != nil {
		return 0, fault.In(fault.Overflow, "penalty")
	}
	return max(0, accrued-l.state.Paid.PenaltyMinor), nil
}

// restatement is by how much the overdue sum changes when it turns out that from a value date on, which
// may be before the day that the sum reaches to, another amount of principal was paid than was thought.
func (l ledger) restatement(value calendar.Date, paid money.Minor) int64 {
	through := l.state.AccruedThrough
	return l.overdueBetween(value, through, paid) - l.overdueBetween(value, through, l.state.Paid.PrincipalMinor)
}

// OverdueDays is for how many days the oldest unpaid row has been due on a business date.
func OverdueDays(s loan.State, on calendar.Date) (int, error) {
	p, err := At(s, on, on)
	if err != nil || p.OldestDue.IsZero() {
		return 0, err
	}
	return calendar.Days(p.OldestDue, on), nil
}

// tally is what has been paid and not yet been matched with a row.
type tally struct {
	interest, principal money.Minor
	fees                []money.Minor
}

func newTally(paid loan.Parts) *tally {
	return &tally{paid.InterestMinor, paid.PrincipalMinor, append([]money.Minor(nil), paid.FeesMinor...)}
}

// unpaid matches the next row and answers what is left of it.
func (t *tally) unpaid(row schedule.Row) loan.Parts {
	left := loan.Parts{
		InterestMinor: match(&t.interest, row.InterestMinor), PrincipalMinor: match(&t.principal, row.PrincipalMinor),
		FeesMinor: make([]money.Minor, len(row.FeesMinor)),
	}
	for i, fee := range row.FeesMinor {
		left.FeesMinor[i] = match(&t.fees[i], fee)
	}
	return left
}

func match(paid *money.Minor, due money.Minor) money.Minor {
	covered := min(*paid, due)
	*paid -= covered
	return due - covered
}

func sum(a, b loan.Parts) loan.Parts {
	a.PenaltyMinor += b.PenaltyMinor
	a.InterestMinor += b.InterestMinor
	a.PrincipalMinor += b.PrincipalMinor
	for i, fee := range b.FeesMinor {
		a.FeesMinor[i] += fee
	}
	return a
}
