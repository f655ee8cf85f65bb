package portfolio

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
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

// InterestMinor is the scheduled interest that was not paid, due or not.
func (p Position) InterestMinor() money.Minor {
	var sum money.Minor
	for _, d := range p.Unpaid {
		sum += d.InterestMinor
	}
	return sum
}
