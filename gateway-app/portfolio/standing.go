package portfolio

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// Amount is a number of loans and what they come to.
type Amount struct {
	Loans       int64       `json:"loans"`
	AmountMinor money.Minor `json:"amount_minor"`
}

// Standing is a platform's loans with one custodian at the close of a business day of that custodian: everything that
// formulas of disclosure are made of. A loan counts from its disbursement on; it has a balance as long as principal is
// owed, also after it was written off, because the claim remains.
type Standing struct {
	Platform  string        `json:"platform"`
	Custodian string        `json:"custodian"`
	On        calendar.Date `json:"on"` // the business day that was closed

	Lent     Amount `json:"lent"`     // since the beginning: loans disbursed, their principal
	Balance  Amount `json:"balance"`  // loans that owe principal, the principal owed
	Interest Amount `json:"interest"` // loans that owe scheduled interest, due or not, and the interest

	Borrowers        int64         `json:"borrowers"`               // since the beginning, each once
	BorrowersCurrent int64         `json:"borrowers_current"`       // with a balance
	Lenders          int64         `json:"lenders"`                 // since the beginning, each once
	LendersCurrent   int64         `json:"lenders_current"`         // of a loan with a balance
	LargestMinor     []money.Minor `json:"largest_minor,omitempty"` // what the ten largest borrowers owe, the largest first

	Related     Amount `json:"related"`     // the balance of loans to parties related to the platform
	Compensated Amount `json:"compensated"` // since the beginning: what others than borrowers paid for them

	// Overdue lists, by the due date of the oldest unpaid row, the loans that are overdue on the day, oldest first.
	Overdue []Overdue `json:"overdue,omitempty"`
	// Unpaid lists what fell due before the day and was not paid, by due date, oldest first.
	Unpaid []Due `json:"unpaid,omitempty"`
	// Charges lists what borrowers were charged beside interest, by the loans agreed since the beginning.
	Charges []ChargeStandard `json:"charges,omitempty"`
}

// Overdue are the loans whose oldest unpaid row fell due on one day, and all the principal that they still owe.
type Overdue struct {
	DueOn            calendar.Date `json:"due_on"`
	Loans            int64         `json:"loans"`
	OutstandingMinor money.Minor   `json:"outstanding_minor"`
}

// Due is what falls due on one day and is not paid.
type Due struct {
	On             calendar.Date `json:"on"`
	PrincipalMinor money.Minor   `json:"principal_minor,omitempty"`
	InterestMinor  money.Minor   `json:"interest_minor,omitempty"`
}

// ChargeStandard is one charge and how many loans were agreed with it.
type ChargeStandard struct {
	Charge schedule.Charge `json:"charge"`
	Loans  int64           `json:"loans"`
}

// OverdueBy is how many loans are overdue for more than some days at the close, and all the principal that they owe.
func (s Standing) OverdueBy(days int64) Amount {
	var sum Amount
	for _, o := range s.Overdue {
		if int64(calendar.Days(o.DueOn, s.On)) > days {
			sum.Loans += o.Loans
			sum.AmountMinor += o.OutstandingMinor
		}
	}
	return sum
}

// UnpaidBy is the principal and interest that fell due more than some days before the close and was not paid.
func (s Standing) UnpaidBy(days int64) Due {
	var sum Due
	for _, d := range s.Unpaid {
		if int64(calendar.Days(d.On, s.On)) > days {
			sum.PrincipalMinor += d.PrincipalMinor
			sum.InterestMinor += d.InterestMinor
		}
	}
	return sum
}
