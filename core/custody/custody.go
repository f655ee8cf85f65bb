// Package custody is the custodian's side of every movement of money.
//
// A platform instructs; only the custodian accepts, settles or refuses; only settled instructions and
// bank receipts move cash (interim measures 2016, art. 10(2); custody guidelines 2017). An instruction
// is a transfer in two steps: accepting one that spends customers' cash reserves that cash, settling
// posts it, refusing or cancelling gives it back.
//
// The package never lets an account's available or held cash go below zero, never settles a part of
// anything but a collection, and never decides who is owed what by a loan.
package custody

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
)

// Kind is what an instruction asks for.
type Kind string

// The kinds. Hold and Release move cash between purses of one customer inside the custodian; the
// others cross the bank's door.
const (
	Deposit  Kind = "deposit"
	Hold     Kind = "hold"
	Release  Kind = "release"
	Disburse Kind = "disburse"
	Collect  Kind = "collect"
	PayOut   Kind = "pay_out"
	Withdraw Kind = "withdraw"
	Fee      Kind = "fee"
	Refund   Kind = "refund"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Deposit, Hold, Release, Disburse, Collect, PayOut, Withdraw, Fee, Refund}
}

// Status is how far an instruction has come.
type Status string

// The statuses. The zero value is an instruction that does not exist.
const (
	None          Status = ""
	Instructed    Status = "instructed"
	Accepted      Status = "accepted"
	Settled       Status = "settled"
	SettledInPart Status = "settled_in_part"
	Refused       Status = "refused"
	Expired       Status = "expired"
	Cancelled     Status = "cancelled"
)

// Statuses lists every status that an instruction can have, in the order of its life.
func Statuses() []Status {
	return []Status{Instructed, Accepted, Settled, SettledInPart, Refused, Expired, Cancelled}
}

// Instruction is the folded state of one order to the custodian.
type Instruction struct {
	Handle        string        `json:"handle"`
	Kind          Kind          `json:"kind"`
	Status        Status        `json:"status"`
	Platform      string        `json:"platform"`
	Custodian     string        `json:"custodian"`
	Party         string        `json:"party,omitempty"` // whose cash; the member for a fee
	Loan          string        `json:"loan,omitempty"`
	Mandate       string        `json:"mandate,omitempty"`
	Hold          string        `json:"hold,omitempty"` // the hold that a release gives back
	By            string        `json:"by"`             // the member that instructed it
	AmountMinor   money.Minor   `json:"amount_minor"`
	SettledMinor  money.Minor   `json:"settled_minor,omitempty"`
	On            calendar.Date `json:"on"`                   // business date of the instruction
	ExpiresOn     calendar.Date `json:"expires_on,omitempty"` // last day on which it may be accepted
	BankReference string        `json:"bank_reference,omitempty"`
	ValueDate     calendar.Date `json:"value_date,omitempty"`
	Reason        string        `json:"reason,omitempty"` // of a refusal, one of the bank's codes
}

// Account is one customer's cash at the custodian, as far as it is not promised by a loan's record.
// PayableMinor is what came back from refused payouts and waits for the next run.
type Account struct {
	Party          string      `json:"party"`
	AvailableMinor money.Minor `json:"available_minor"`
	HeldMinor      money.Minor `json:"held_minor"`
	PayableMinor   money.Minor `json:"payable_minor"`
}

// Day is a custodian's business day: what is due is decided by it and never by a clock. Regime names
// the pack whose calendar opened it.
type Day struct {
	Custodian string        `json:"custodian"`
	Date      calendar.Date `json:"date"`
	Open      bool          `json:"open"`
	Regime    string        `json:"regime"`
}

// Entry is what an event posts to the journal. The owner of cash in flight is the party of the
// instruction, so each posting names payer and beneficiary.
func (i Instruction) Entry(e Event) journal.Entry {
	cash := journal.Cash(i.Custodian)
	switch {
	case i.Kind == Deposit && e.settles():
		return journal.Entry{}.Move(cash, journal.Available(i.Party), e.AmountMinor)
	case i.reserves() && e.Kind == "accepted":
		return journal.Entry{}.Move(journal.Available(i.Party), journal.Held(i.Party), i.AmountMinor)
	case i.reserves() && i.Status == Accepted && (e.Kind == "refused" || e.Kind == "cancelled"):
		return journal.Entry{}.Move(journal.Held(i.Party), journal.Available(i.Party), i.AmountMinor)
	case i.Kind == Hold && e.settles():
		return journal.Entry{}.Move(journal.Held(i.Party), journal.Clearing(i.Loan), e.AmountMinor)
	case i.Kind == Disburse && e.settles():
		return journal.Entry{}.Move(journal.Clearing(i.Loan), cash, e.AmountMinor)
	case i.Kind == Withdraw && e.settles():
		return journal.Entry{}.Move(journal.Held(i.Party), cash, e.AmountMinor)
	case (i.Kind == PayOut || i.Kind == Refund) && e.settles():
		return journal.Entry{}.Move(journal.Payable(i.Party), cash, e.AmountMinor)
	case i.Kind == Fee && e.settles():
		return journal.Entry{}.Move(journal.Fee(i.Party), cash, e.AmountMinor)
	}
	return nil
}

// reserves reports whether accepting the instruction promises available cash.
func (i Instruction) reserves() bool { return i.Kind == Hold || i.Kind == Withdraw }
