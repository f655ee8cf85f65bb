package portfolio

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

// Position is what one loan means for its platform's books, whatever the date. The zero value is a loan that was not
// disbursed: it means nothing.
type Position struct {
	Loan             string
	Platform         string
	Custodian        string
	Borrower         string
	Lenders          []string // in the order of the funding
	Grade            string   // by the platform's own rules, as in the agreement; empty where it names none
	Related          bool     // the agreement says that the borrower is related to the platform
	Status           loan.Status
	TermMonths       int
	StartedOn        calendar.Date // value date of the disbursement
	PrincipalMinor   money.Minor   // as lent
	OutstandingMinor money.Minor   // of the principal
	DueOn            calendar.Date // of the oldest unpaid row, which may lie ahead; none where nothing is owed
	Unpaid           []Due         // all rows with unpaid principal or interest, due or not, in their order
	Charges          []schedule.Charge
}

// PositionOf derives a loan's position from its state, its terms and the names of those who fund it. A loan that was not
// disbursed has none, the zero value.
func PositionOf(s loan.State, terms loan.Terms, lenders []string) (Position, error) {
	switch {
	case s.Plan == nil:
		return Position{}, nil
	case terms.ID != s.ID:
		return Position{}, fmt.Errorf("derive the position of loan %s: the terms are those of %s", s.ID, terms.ID)
	}
	rest, err := repayment.Rest(s)
	if err != nil {
		return Position{}, fmt.Errorf("derive the position of loan %s: %w", s.ID, err)
	}
	p := Position{
		Loan: s.ID, Platform: s.Platform, Custodian: s.Custodian, Borrower: s.Borrower, Lenders: lenders,
		Grade: terms.Grade, Related: terms.Related, Status: s.Status, TermMonths: s.Plan.Instalments, StartedOn: s.Plan.Start,
		PrincipalMinor: s.PrincipalMinor, OutstandingMinor: s.Outstanding(), Charges: s.Plan.Charges,
	}
	if len(rest) > 0 {
		p.Unpaid = make([]Due, 0, len(rest))
	}
	for _, row := range rest {
		if row.PrincipalMinor+row.InterestMinor > 0 {
			p.Unpaid = append(p.Unpaid, Due{row.Due, row.PrincipalMinor, row.InterestMinor})
		}
	}
	if len(p.Unpaid) > 0 {
		p.DueOn = p.Unpaid[0].On
	}
	return p, nil
}

// InterestMinor is the scheduled interest that was not paid, due or not.
func (p Position) InterestMinor() money.Minor {
	var sum money.Minor
	for _, d := range p.Unpaid {
		sum += d.InterestMinor
	}
	return sum
}
