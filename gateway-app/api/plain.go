package api

import (
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// plainItems refuses a command whose free texts could say whom it is about. What goes to the ledger stands there for good,
// and before that in the outbox and after that in the books, in the clear: orders and notes are file numbers, reasons
// are codes, and what a payer wrote into a transfer is taken only where it is a loan's id or another file's number.
func plainItems[T any](items []T) *fault.Fault {
	for i, item := range items {
		if field := spokenField(item); field != "" {
			return fault.In(fault.InvalidField, fmt.Sprintf("items[%d].%s", i, field)).At(i)
		}
	}
	return nil
}

// spokenField is the field of an item that is neither a code nor a file number; nothing where there is none. A field
// that is empty is the ledger's to refuse.
func spokenField(item any) string {
	number := func(name, text string) string {
		if text == "" || vault.IsFileNumber(text) {
			return ""
		}
		return name
	}
	code := func(name, text string) string {
		if text == "" || vault.IsCode(text) {
			return ""
		}
		return name
	}
	switch i := item.(type) {
	case wire.OrderLoan:
		return number("order", i.Order)
	case wire.PlatformOrder:
		return number("order", i.Order)
	case wire.PartyFreeze:
		return number("order", i.Order)
	case wire.PartyRelease:
		return number("order", i.Order)
	case wire.PartyRevocation:
		return number("note", i.Note)
	case wire.Attestation:
		return number("identity.affiliate", i.Identity.Affiliate)
	case wire.EndLoan:
		return code("reason", i.Reason)
	case wire.Refuse:
		return code("reason", i.Reason)
	case wire.Receipt:
		if _, _, _, loan := wire.SplitLoanID(i.Account); loan {
			return ""
		}
		return number("account", i.Account)
	}
	return ""
}
