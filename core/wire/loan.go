package wire

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// ProposeLoan is an item of Loan:Propose. The loan's handle is the last part of the terms' id.
type ProposeLoan struct {
	Terms loan.Terms `json:"terms"`
}

// ClearLoan is an item of Loan:Clear. Handle names the clearance in the exposure collection; the cap
// that binds depends on the borrower's kind. Salt, 256 random bits, makes its hash tell nothing.
type ClearLoan struct {
	Loan   string `json:"loan"`
	Handle string `json:"handle"`
	Salt   string `json:"salt"`
}

// Project is the value under ProjectKey: which loan finances the project. A loan that ended before it was
// paid out has financed nothing, and another one may take its place.
type Project struct {
	Version int    `json:"version"`
	Loan    string `json:"loan"`
	Salt    string `json:"salt"`
}

// Clearance is what Loan:Clear keeps in the exposure collection.
type Clearance struct {
	Version        int           `json:"version"`
	Handle         string        `json:"handle"`
	Loan           string        `json:"loan"`
	PrincipalMinor money.Minor   `json:"principal_minor"`
	ExpiresOn      calendar.Date `json:"expires_on"`
	Salt           string        `json:"salt"`
}

// FundLoan is an item of Loan:Fund.
type FundLoan struct {
	Loan              string            `json:"loan"`
	Allocations       []loan.Allocation `json:"allocations"`
	BorrowerSignature string            `json:"borrower_signature"`
	Salt              string            `json:"salt"`
}

// DisburseLoan is an item of Loan:Disburse. Instruction is the handle of the custody instruction that
// it makes.
type DisburseLoan struct {
	Loan        string `json:"loan"`
	Instruction string `json:"instruction"`
}

// EndLoan is an item of Loan:Decline, Withdraw, Cancel and WriteOff. Reason is a code of the member's
// own, at most 64 characters, never free text about a person.
type EndLoan struct {
	Loan   string `json:"loan"`
	Reason string `json:"reason"`
}

// LoanRef is an item of Loan:Expire and Loan:Relieve.
type LoanRef struct {
	Loan string `json:"loan"`
}

// OrderLoan is an item of Loan:Freeze and Loan:Release: a supervisory order by its number.
type OrderLoan struct {
	Loan  string `json:"loan"`
	Order string `json:"order"`
}

// LoanView is what Loan:Read answers for one loan: its three values as they stand on the ledger.
type LoanView struct {
	Terms   loan.Terms                     `json:"terms"`
	Funding *loan.Funding                  `json:"funding,omitempty"`
	Record  Record[loan.State, loan.Event] `json:"record"`
}
