package wire

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// OpenBooks is the item of Custody:OpenBooks: 256 random bits of the custodian's, in lower-case
// hexadecimal, from which the handles of suspended receipts and netted payouts are derived.
type OpenBooks struct {
	Secret string `json:"secret"`
}

// Books is what Custody:OpenBooks keeps.
type Books struct {
	Version int    `json:"version"`
	Secret  string `json:"secret"`
}

// BusinessDay is the item of Custody:OpenDay and Custody:CloseDay. Opening names the regime whose table of
// holidays decides whether banks work on the day.
type BusinessDay struct {
	Date   calendar.Date `json:"date"`
	Regime string        `json:"regime,omitempty"`
}

// Instruct is an item of Custody:Instruct: deposit, hold without a loan, release of such a hold, collect,
// withdraw. Holds for a loan and its disbursement come with the loan's own commands, payouts, fees and
// refunds with Custody:Net.
type Instruct struct {
	Handle      string        `json:"handle"`
	Kind        custody.Kind  `json:"kind"`
	Party       string        `json:"party"`
	Loan        string        `json:"loan,omitempty"`    // of a collection
	Mandate     string        `json:"mandate,omitempty"` // the borrower's authority for a collection
	Hold        string        `json:"hold,omitempty"`    // the hold that a release gives back
	AmountMinor money.Minor   `json:"amount_minor"`
	ExpiresOn   calendar.Date `json:"expires_on,omitempty"`
}

// InstructionRef is an item of Custody:Accept, Custody:Expire and Custody:Cancel.
type InstructionRef struct {
	Instruction string `json:"instruction"`
}

// Settle is an item of Custody:Settle: the bank moved the money.
type Settle struct {
	Instruction   string        `json:"instruction"`
	AmountMinor   money.Minor   `json:"amount_minor"`
	BankReference string        `json:"bank_reference"`
	ValueDate     calendar.Date `json:"value_date"`
}

// BankEntry is the value under BankEntryKey: which instruction the bank's entry settled, or which suspended
// receipt it returned.
type BankEntry struct {
	Version     int    `json:"version"`
	Instruction string `json:"instruction,omitempty"`
	Suspense    string `json:"suspense,omitempty"`
	Salt        string `json:"salt"`
}

// Refuse is an item of Custody:Refuse. Reason is one of the bank's codes.
type Refuse struct {
	Instruction string `json:"instruction"`
	Reason      string `json:"reason"`
}

// Net is an item of Custody:Net: one loan whose entitlements go into the run, or one party whose refused
// payouts do. All transactions of a run carry the same run handle.
type Net struct {
	Run   string `json:"run"`
	Loan  string `json:"loan,omitempty"`
	Party string `json:"party,omitempty"`
}

// Place is an item of Custody:Place.
type Place struct {
	Suspense string `json:"suspense"`
	Loan     string `json:"loan"`
}

// Return is an item of Custody:Return: the bank sent a suspended receipt back to its payer. The reference and
// the value date are those of the outgoing entry.
type Return struct {
	Suspense      string        `json:"suspense"`
	BankReference string        `json:"bank_reference"`
	ValueDate     calendar.Date `json:"value_date"`
}

// Receipt is an item of Repayment:Post: one entry of the custodian's bank account. Account is what the
// payer named, which is the loan's id when it is right; a receipt that names no loan of the collection
// goes to suspense in the same transaction.
type Receipt struct {
	Account       string        `json:"account"`
	BankReference string        `json:"bank_reference"`
	AmountMinor   money.Minor   `json:"amount_minor"`
	ValueDate     calendar.Date `json:"value_date"`
}

// Reverse is an item of Repayment:Reverse. Original is the receipt's entry as the ledger's history has
// it: the loan keeps the other half, its digest.
type Reverse struct {
	Loan     string        `json:"loan"`
	Original loan.Received `json:"original"`
}
