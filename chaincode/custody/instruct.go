package custody

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func prefetchOrders(tx *ledger.Tx, items []wire.Instruct) error {
	var keys, ids []string
	for _, item := range items {
		keys = append(keys, wire.InstructionKey(item.Handle), wire.PartyKey(item.Party))
		if item.Kind == custody.Collect {
			ids = append(ids, item.Loan)
			keys = append(keys, wire.MandateKey(item.Mandate))
		}
		if item.Kind == custody.Release {
			keys = append(keys, wire.InstructionKey(item.Hold))
		}
	}
	keys = append(keys, records.LoanKeys(tx, ids, wire.LoanKey)...)
	keys = append(keys, records.LoanKeys(tx, ids, wire.TermsKey)...)
	return tx.Prefetch(tx.Collection, keys...)
}

// instruct makes the instructions that belong to no step of a loan: those come with the loan's own
// commands and with the custodian's run.
func instruct(tx *ledger.Tx, item wire.Instruct) error {
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	if err := ownFields(item); err != nil {
		return err
	}
	holder, err := records.Party(tx, item.Party)
	if err != nil {
		return err
	}
	if !holder.Exists() {
		return fault.In(fault.PartyUnknown, "party")
	}
	err = records.Instruct(tx, custody.Instruction{
		Handle: item.Handle, Kind: item.Kind, Party: item.Party, Loan: item.Loan, Mandate: item.Mandate,
		Hold: item.Hold, AmountMinor: item.AmountMinor, ExpiresOn: item.ExpiresOn,
	}, on)
	if err != nil {
		return err
	}
	switch item.Kind {
	case custody.Collect:
		return authorised(tx, item, on)
	case custody.Release:
		return releasable(tx, item.Hold, item.Party, item.AmountMinor)
	case custody.Withdraw:
		return payable(tx, holder, item.Kind, tx.Actor.Member, on)
	}
	return nil
}

// ownFields refuses kinds that are instructed elsewhere, and fields that belong to another kind.
func ownFields(item wire.Instruct) error {
	collects, releases := item.Kind == custody.Collect, item.Kind == custody.Release
	switch item.Kind {
	case custody.Deposit, custody.Hold, custody.Release, custody.Collect, custody.Withdraw:
	default:
		return fault.In(fault.InvalidField, "kind")
	}
	switch {
	case collects != (item.Loan != ""):
		return fault.In(fault.InvalidField, "loan")
	case collects != (item.Mandate != ""):
		return fault.In(fault.InvalidField, "mandate")
	case releases != (item.Hold != ""):
		return fault.In(fault.InvalidField, "hold")
	}
	return nil
}

// authorised counts a collection against the borrower's own authority to be debited. It is for a debt
// that stands: a claim that was written off is still one.
func authorised(tx *ledger.Tx, item wire.Instruct, on calendar.Date) error {
	s, err := records.Loan(tx, item.Loan)
	switch {
	case err != nil:
		return err
	case s.Status != loan.Active && s.Status != loan.WrittenOff:
		return fault.In(fault.WrongStatus, "loan")
	case s.Borrower != item.Party:
		return fault.In(fault.MandateMismatch, "party")
	}
	terms, err := records.Terms(tx, item.Loan)
	if err != nil {
		return err
	}
	return records.StepMandate(tx, item.Mandate, mandate.Use{
		Actor: tx.Actor, On: on, Handle: item.Mandate, Party: item.Party, Purpose: mandate.Debit,
		Currency: terms.Currency, AmountMinor: item.AmountMinor, Loan: item.Loan,
	})
}

// releasable refuses a release that does not give back exactly one accepted hold of the same customer.
// What is held for a loan only the loan gives back.
func releasable(tx *ledger.Tx, handle, holder string, amount money.Minor) error {
	hold, err := records.Instruction(tx, handle)
	switch {
	case err != nil:
		return err
	case hold.Status == custody.None:
		return fault.In(fault.NotFound, "hold")
	case hold.Kind != custody.Hold || hold.Party != holder || hold.Loan != "":
		return fault.In(fault.InvalidField, "hold")
	case hold.Status != custody.Accepted:
		return fault.In(fault.WrongStatus, "hold")
	case hold.AmountMinor != amount:
		return fault.In(fault.AmountMismatch, "amount_minor")
	}
	return nil
}

// payable refuses to let money go to a party that may not be paid. What the custodian itself instructed
// to be withdrawn, the bank's own books demand, whatever else is true.
func payable(tx *ledger.Tx, holder party.State, kind custody.Kind, by string, on calendar.Date) error {
	if kind == custody.Withdraw && by == tx.Custodian {
		return nil
	}
	return holder.MayBePaid(on)
}
