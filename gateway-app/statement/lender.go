package statement

import (
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// ErrAddUp refuses a statement whose two sides differ: a flaw of the read model or of this program.
var ErrAddUp = errors.New("the statement does not add up")

// Position is what a lender has with a custodian, by where it is.
type Position struct {
	AvailableMinor  money.Minor // to lend or withdraw
	HeldMinor       money.Minor // promised to a loan or a withdrawal
	PayableMinor    money.Minor // on its way to the lender's own bank account
	ReceivableMinor money.Minor // paid to the lender out of a receipt that was reversed since: owed back
	LentMinor       money.Minor // principal that borrowers still owe
}

// Total is what all of it comes to.
func (p Position) Total() money.Minor { return p.Cash() + p.LentMinor }

// Cash is what of it is not lent.
func (p Position) Cash() money.Minor {
	return p.AvailableMinor + p.HeldMinor + p.PayableMinor - p.ReceivableMinor
}

func (p Position) plus(q Position) Position {
	return Position{
		AvailableMinor: p.AvailableMinor + q.AvailableMinor, HeldMinor: p.HeldMinor + q.HeldMinor,
		PayableMinor: p.PayableMinor + q.PayableMinor, ReceivableMinor: p.ReceivableMinor + q.ReceivableMinor,
		LentMinor: p.LentMinor + q.LentMinor,
	}
}

// MovementKind is what a movement of a lender's money was.
type MovementKind string

// The kinds of movements.
const (
	Deposited MovementKind = "deposited" // came from the lender's bank account
	Lent      MovementKind = "lent"      // went to a borrower
	Principal MovementKind = "principal" // came back from a borrower
	Interest  MovementKind = "interest"  // came from a borrower for the use of the money, penalty included
	Fee       MovementKind = "fee"       // went to a member for its service
	PaidOut   MovementKind = "paid_out"  // went to the lender's bank account, as received from borrowers
	Withdrawn MovementKind = "withdrawn" // went to the lender's bank account, on the lender's order
	Refunded  MovementKind = "refunded"  // what the same party had paid too much as a borrower
	Other     MovementKind = "other"
	Internal  MovementKind = "internal" // from one purse of the lender to another
)

// external reports whether a movement crosses the border of what the lender has here.
func (k MovementKind) external() bool {
	switch k {
	case Deposited, PaidOut, Withdrawn, Refunded, Other:
		return true
	}
	return false
}

// Movement is one step of a lender's position.
type Movement struct {
	On     calendar.Date
	Kind   MovementKind
	Loan   string // its full id, where there is one
	Change Position
}

// Holding is a lender's part of a loan at the end of a period, and what it brought in it.
type Holding struct {
	Loan             string
	Status           loan.Status
	RatePPM          money.PPM
	StartedOn        calendar.Date // when interest began to run
	PrincipalMinor   money.Minor   // the lender's part of it
	OutstandingMinor money.Minor   // what of that is owed still
	OverdueDays      int
}

// Lending is what a lender's statement is made of.
type Lending struct {
	Party     string
	Platform  string
	Custodian string
	Currency  money.Currency
	From      calendar.Date
	Through   calendar.Date
	Opening   Position // before the first day
	Closing   Position // after the last day, derived from the records and not from the movements
	Movements []Movement
	Holdings  []Holding // of every loan that was running on a day of the period
}

// check wants the opening position and the movements to be the closing position, purse by purse.
func (l Lending) check() error {
	at := l.Opening
	for _, m := range l.Movements {
		if m.On < l.From || m.On > l.Through {
			return fmt.Errorf("%w: a movement of %s lies outside of the period", ErrAddUp, m.On)
		}
		at = at.plus(m.Change)
	}
	if at != l.Closing {
		return fmt.Errorf("%w: the movements lead to %+v, the records say %+v", ErrAddUp, at, l.Closing)
	}
	var lent money.Minor
	for _, h := range l.Holdings {
		lent += h.OutstandingMinor
	}
	if lent != l.Closing.LentMinor {
		return fmt.Errorf("%w: loans owe %d, the records say %d", ErrAddUp, lent, l.Closing.LentMinor)
	}
	return nil
}

// sum adds up what movements of some kinds changed of the total.
func (l Lending) sum(kinds ...MovementKind) money.Minor {
	var sum money.Minor
	for _, m := range l.Movements {
		for _, k := range kinds {
			if m.Kind == k {
				sum += m.Change.Total()
			}
		}
	}
	return sum
}

// Return is the money-weighted return a year on everything that the lender had here, cash that lay idle included: the
// opening position is paid in before the first day, deposits when they came, and what went to the lender's bank
// account and the closing position are got.
func (l Lending) Return() (money.PPM, bool) {
	flows := []Flow{{l.From.AddDays(-1), -l.Opening.Total()}, {l.Through, l.Closing.Total()}}
	for _, m := range l.Movements {
		if m.Kind.external() {
			flows = append(flows, Flow{m.On, -m.Change.Total()})
		}
	}
	return IRR(flows)
}

// LendingReturn is the money-weighted return a year on what was lent, for as long as it was: out when it went to
// borrowers, in when receipts were credited, and what is owed at the end with its principal.
func (l Lending) LendingReturn() (money.PPM, bool) {
	flows := []Flow{{l.From.AddDays(-1), -l.Opening.LentMinor}, {l.Through, l.Closing.LentMinor}}
	for _, m := range l.Movements {
		switch m.Kind {
		case Lent, Principal, Interest:
			flows = append(flows, Flow{m.On, m.Change.Cash()})
		}
	}
	return IRR(flows)
}
