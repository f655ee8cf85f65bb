package statement

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

// Borrowing is what a borrower's statement is made of: the loan's terms, and its events up to the day of which the
// statement speaks, in the order of the ledger.
type Borrowing struct {
	Terms  loan.Terms
	Events []loan.Event
	On     calendar.Date // business date
}

// RowStatus is how far a row of the schedule has come.
type RowStatus string

// The statuses of rows.
const (
	RowPaid    RowStatus = "paid"
	RowOverdue RowStatus = "overdue"
	RowDue     RowStatus = "due"
	RowOpen    RowStatus = "open" // not yet due
)

// ScheduleRow is a row of the schedule with what was paid of it.
type ScheduleRow struct {
	Row         schedule.Row
	UnpaidMinor money.Minor
	PaidOn      calendar.Date // value date of the receipt that paid the last of it; zero while something is unpaid
	Status      RowStatus
}

// TotalMinor is what the row comes to.
func (r ScheduleRow) TotalMinor() money.Minor { return totalOf(r.Row) }

// Repayment is what came from the borrower in one bank entry.
type Repayment struct {
	ValueDate     calendar.Date
	AmountMinor   money.Minor
	BankReference string
	Parts         loan.Parts
	Reversed      bool // the bank took it back
}

// Account is a loan as its borrower sees it on a day.
type Account struct {
	State      loan.State
	Rows       []ScheduleRow
	Repayments []Repayment
	Position   repayment.Position // what is due, and what would pay the loan off on that day
	AllInPPM   money.PPM
	Laid       bool // there is a plan, because the money has left
}

// Account derives the loan's account on the day.
func (b Borrowing) Account() (Account, error) {
	var a Account
	paidOn := map[int]calendar.Date{}
	for _, e := range b.Events {
		a.State = loan.Apply(a.State, e)
		switch e.Kind {
		case loan.ActReceive:
			a.Repayments = append(a.Repayments, repaymentOf(*e.Received))
		case loan.ActReverse:
			a.takeBack(e.Reversed.Original)
		default:
			continue
		}
		if err := a.mark(paidOn, e); err != nil {
			return Account{}, fmt.Errorf("statement of loan %s: %w", b.Terms.ID, err)
		}
	}
	if a.Laid = a.State.Plan != nil; !a.Laid {
		return a, nil
	}
	if err := a.lay(b.On, paidOn); err != nil {
		return Account{}, fmt.Errorf("statement of loan %s: %w", b.Terms.ID, err)
	}
	return a, nil
}

func repaymentOf(r loan.Received) Repayment {
	return Repayment{ValueDate: r.ValueDate, AmountMinor: r.AmountMinor, BankReference: r.BankReference, Parts: r.Parts}
}

// takeBack marks the repayment that a reversal takes back: the one that stands under its reference.
func (a *Account) takeBack(original loan.Received) {
	for i := len(a.Repayments) - 1; i >= 0; i-- {
		r := &a.Repayments[i]
		if !r.Reversed && r.BankReference == original.BankReference && r.ValueDate == original.ValueDate && r.AmountMinor == original.AmountMinor {
			r.Reversed = true
			return
		}
	}
}

// mark keeps, by the number of a row, the value date of the receipt that paid the last of it, as long as it stands.
func (a *Account) mark(paidOn map[int]calendar.Date, e loan.Event) error {
	unpaid, err := a.unpaid()
	if err != nil {
		return err
	}
	rows, err := repayment.Rows(a.State)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if unpaid[r.Number] > 0 {
			delete(paidOn, r.Number)
			continue
		}
		if _, known := paidOn[r.Number]; !known && e.Kind == loan.ActReceive {
			paidOn[r.Number] = e.Received.ValueDate
		}
	}
	return nil
}

// unpaid is what is left of each row, by its number.
func (a *Account) unpaid() (map[int]money.Minor, error) {
	rest, err := repayment.Rest(a.State)
	if err != nil {
		return nil, err
	}
	left := make(map[int]money.Minor, len(rest))
	for _, r := range rest {
		left[r.Number] = totalOf(r)
	}
	return left, nil
}

// lay writes the schedule, what is owed and the all-in rate.
func (a *Account) lay(on calendar.Date, paidOn map[int]calendar.Date) error {
	unpaid, err := a.unpaid()
	if err != nil {
		return err
	}
	rows, err := repayment.Rows(a.State)
	if err != nil {
		return err
	}
	for _, r := range rows {
		row := ScheduleRow{Row: r, UnpaidMinor: unpaid[r.Number], PaidOn: paidOn[r.Number]}
		switch {
		case row.UnpaidMinor == 0:
			row.Status = RowPaid
		case r.Due < on:
			row.Status = RowOverdue
		case r.Due == on:
			row.Status = RowDue
		default:
			row.Status = RowOpen
		}
		a.Rows = append(a.Rows, row)
	}
	if a.State.Status != loan.Repaid {
		if a.Position, err = repayment.At(a.State, on, on); err != nil {
			return err
		}
	}
	agreed, err := schedule.Generate(*a.State.Plan)
	if err != nil {
		return err
	}
	a.AllInPPM, err = schedule.AllInRatePPM(a.State.Plan.PrincipalMinor, a.State.Plan.Start, agreed)
	return err
}

// Due is what the borrower must have paid by the end of the day, penalty included.
func (a Account) Due() loan.Parts {
	p, d := a.Position.PastDue, a.Position.Due
	sum := loan.Parts{
		PenaltyMinor: p.PenaltyMinor + d.PenaltyMinor, InterestMinor: p.InterestMinor + d.InterestMinor,
		PrincipalMinor: p.PrincipalMinor + d.PrincipalMinor,
	}
	sum.FeesMinor = append(append(sum.FeesMinor, p.FeesMinor...), d.FeesMinor...)
	return sum
}

func totalOf(r schedule.Row) money.Minor {
	return r.PrincipalMinor + r.InterestMinor + sumOf(r.FeesMinor)
}

func sumOf(amounts []money.Minor) money.Minor {
	var sum money.Minor
	for _, a := range amounts {
		sum += a
	}
	return sum
}
