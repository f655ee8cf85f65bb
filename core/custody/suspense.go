package custody

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

// Suspense is one bank receipt that named no loan of the platform. It stays the payer's money until it
// is placed with a loan, or goes back to where it came from, whole.
type Suspense struct {
	Handle        string        `json:"handle"`
	Custodian     string        `json:"custodian"`
	Account       string        `json:"account"` // as the payer wrote it
	BankReference string        `json:"bank_reference"`
	AmountMinor   money.Minor   `json:"amount_minor"`
	ValueDate     calendar.Date `json:"value_date"`
	On            calendar.Date `json:"on"`
	PlacedWith    string        `json:"placed_with,omitempty"`
	PlacedOn      calendar.Date `json:"placed_on,omitempty"`

	ReturnedUnder     string        `json:"returned_under,omitempty"` // the bank's reference of the outgoing entry
	ReturnedValueDate calendar.Date `json:"returned_value_date,omitempty"`
	ReturnedOn        calendar.Date `json:"returned_on,omitempty"`
}

// Open reports whether the money is in suspense still: neither placed nor returned.
func (s Suspense) Open() bool { return s.PlacedWith == "" && s.ReturnedUnder == "" }

// SuspenseEvent is one step of a suspended receipt: suspended, placed or returned.
type SuspenseEvent struct {
	Kind      string        `json:"kind"`
	On        calendar.Date `json:"on"`
	Suspended *Suspense     `json:"suspended,omitempty"`
	Loan      string        `json:"loan,omitempty"`

	BankReference string        `json:"bank_reference,omitempty"` // of the entry by which it was returned
	ValueDate     calendar.Date `json:"value_date,omitempty"`
}

// maxAccount is the longest account that a payer may have named, in bytes.
const maxAccount = 256

// Suspend books a receipt that cannot be placed. It refuses only what was suspended before, and what is
// no entry of a bank account: malformed, or from the future.
func Suspend(s Suspense, received Suspense, on calendar.Date) ([]SuspenseEvent, error) {
	switch {
	case len(received.Account) > maxAccount:
		return nil, fault.In(fault.InvalidField, "account")
	case received.BankReference == "" || len(received.BankReference) > maxReference:
		return nil, fault.In(fault.InvalidField, "bank_reference")
	case received.AmountMinor <= 0 || received.AmountMinor > MaxEntryMinor:
		return nil, fault.In(fault.InvalidField, "amount_minor")
	case received.ValueDate.IsZero() || received.ValueDate > on:
		return nil, fault.In(fault.ValueDateOutOfBounds, "value_date")
	case s.Handle != "":
		return nil, fault.In(fault.DuplicateBankReference, "bank_reference")
	}
	received.On, received.PlacedWith, received.PlacedOn = on, "", 0
	received.ReturnedUnder, received.ReturnedValueDate, received.ReturnedOn = "", 0, 0
	return []SuspenseEvent{{Kind: "suspended", On: on, Suspended: &received}}, nil
}

// Place moves a suspended receipt to the loan it was meant for. Only the custodian places.
func Place(s Suspense, loan string, on calendar.Date, actor party.Actor) ([]SuspenseEvent, error) {
	if err := s.movable(actor); err != nil {
		return nil, err
	}
	return []SuspenseEvent{{Kind: "placed", On: on, Loan: loan}}, nil
}

// Return is the custodian's word that its bank sent a suspended receipt back to the payer, with the outgoing
// entry's reference and value date. It may be of any day since the money came.
func Return(s Suspense, reference string, value, on calendar.Date, actor party.Actor) ([]SuspenseEvent, error) {
	if err := s.movable(actor); err != nil {
		return nil, err
	}
	switch {
	case reference == "":
		return nil, fault.In(fault.MissingField, "bank_reference")
	case len(reference) > maxReference:
		return nil, fault.In(fault.InvalidField, "bank_reference")
	case value < s.ValueDate || value > on:
		return nil, fault.In(fault.ValueDateOutOfBounds, "value_date")
	}
	return []SuspenseEvent{{Kind: "returned", On: on, BankReference: reference, ValueDate: value}}, nil
}

// movable refuses whoever is not the custodian that has the money, and what is no longer in suspense.
func (s Suspense) movable(actor party.Actor) error {
	switch {
	case s.Handle == "":
		return fault.In(fault.NotFound, "suspense")
	case !actor.Is(party.Custodian, s.Custodian):
		return fault.New(fault.WrongMember)
	case !s.Open():
		return fault.In(fault.WrongStatus, "suspense")
	}
	return nil
}

// ApplySuspense folds an event into a suspended receipt.
func ApplySuspense(s Suspense, e SuspenseEvent) Suspense {
	switch e.Kind {
	case "suspended":
		return *e.Suspended
	case "placed":
		s.PlacedWith, s.PlacedOn = e.Loan, e.On
	case "returned":
		s.ReturnedUnder, s.ReturnedValueDate, s.ReturnedOn = e.BankReference, e.ValueDate, e.On
	}
	return s
}

// Entry is what an event posts. Placing posts nothing of its own but the way into the loan's clearing,
// where the loan's receipt takes over.
func (s Suspense) Entry(e SuspenseEvent) journal.Entry {
	switch e.Kind {
	case "suspended":
		return journal.Entry{}.Move(journal.Cash(e.Suspended.Custodian), journal.Suspense(e.Suspended.Custodian), e.Suspended.AmountMinor)
	case "placed":
		return journal.Entry{}.Move(journal.Suspense(s.Custodian), journal.Clearing(e.Loan), s.AmountMinor)
	case "returned":
		return journal.Entry{}.Move(journal.Suspense(s.Custodian), journal.Cash(s.Custodian), s.AmountMinor)
	}
	return nil
}
