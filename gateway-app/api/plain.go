package api

import (
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// plainItems refuses a command whose free texts could say whom it is about. What goes to the ledger stands there for good,
// and before that in the outbox and after that in the books, in the clear: orders and notes are file numbers, and
// reasons are codes. What a payer wrote into a transfer is nobody's to correct, and the money has come: where it is
// neither a loan's id nor a file's number, none of it is passed on, and the bank's reference leads to it.
func plainItems[T any](items []T) *fault.Fault {
	for i := range items {
		if receipt, ok := any(&items[i]).(*wire.Receipt); ok && !plainAccount(receipt.Account) {
			receipt.Account = ""
		}
		if field := spokenField(items[i]); field != "" {
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
	}
	return ""
}

func plainAccount(text string) bool {
	_, _, _, loan := wire.SplitLoanID(text)
	return loan || vault.IsFileNumber(text)
}
