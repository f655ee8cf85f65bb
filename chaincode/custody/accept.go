package custody

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

// accept promises what an instruction asks for. Accepting a hold reserves the customer's cash; the last
// hold of a loan makes it funded.
func accept(tx *ledger.Tx, item wire.InstructionRef) error {
	day, err := records.Today(tx)
	if err != nil {
		return err
	}
	i, err := records.Instruction(tx, item.Instruction)
	if err != nil {
		return err
	}
	if err := records.StepInstruction(tx, i, item.Instruction, custody.Accept{On: day.Date, Actor: tx.Actor}); err != nil {
		return err
	}
	switch i.Kind {
	case custody.Hold:
		return hold(tx, i, day.Date)
	case custody.Disburse:
		return disbursable(tx, i, day.Date)
	case custody.PayOut, custody.Refund, custody.Withdraw:
		holder, err := records.Party(tx, i.Party)
		if err != nil {
			return err
		}
		return payable(tx, holder, i.Kind, i.By, day.Date)
	case custody.Release:
		return releasable(tx, i.Hold, i.Party, i.AmountMinor)
	}
	return nil
}

// hold counts a lender's promise against its mandate and towards the loan. A frozen lender enters into
// nothing new.
func hold(tx *ledger.Tx, i custody.Instruction, on calendar.Date) error {
	holder, err := records.Party(tx, i.Party)
	switch {
	case err != nil:
		return err
	case holder.FrozenOn(on):
		return fault.New(fault.PartyFrozen)
	case i.Loan == "":
		return nil
	}
	s, err := records.Loan(tx, i.Loan)
	if err != nil {
		return err
	}
	terms, err := records.Terms(tx, i.Loan)
	if err != nil {
		return err
	}
	promised := loan.Allocation{Lender: i.Party, Mandate: i.Mandate, Hold: i.Handle, PrincipalMinor: i.AmountMinor}
	if err := records.StepMandate(tx, i.Mandate, terms.Use(promised, tx.Actor, on)); err != nil {
		return err
	}
	_, err = records.StepLoan(tx, s, loan.Hold{Instruction: i.Handle, AmountMinor: i.AmountMinor}, on)
	return err
}

// disbursable refuses to promise a disbursement that a freeze or a revocation has overtaken.
func disbursable(tx *ledger.Tx, i custody.Instruction, on calendar.Date) error {
	s, err := records.Loan(tx, i.Loan)
	switch {
	case err != nil:
		return err
	case s.Frozen != "":
		return fault.New(fault.LoanFrozen)
	}
	borrower, err := records.Party(tx, i.Party)
	if err != nil {
		return err
	}
	return borrower.MayDraw(on)
}

// prefetchInstructions reads instructions, then everything that a step of them may touch.
func prefetchInstructions[T any](handle func(T) string) func(*ledger.Tx, []T) error {
	return func(tx *ledger.Tx, items []T) error {
		keys := make([]string, len(items))
		for i, item := range items {
			keys[i] = wire.InstructionKey(handle(item))
		}
		if err := tx.Prefetch(tx.Collection, keys...); err != nil {
			return err
		}
		var around, ids []string
		for _, key := range keys {
			i, _, err := ledger.Load[custody.Instruction](tx, tx.Collection, key)
			if err != nil {
				return err
			}
			around, ids = append(around, neighbours(tx, i)...), append(ids, i.Loan)
		}
		around = append(around, records.LoanKeys(tx, ids, wire.LoanKey)...)
		around = append(around, records.LoanKeys(tx, ids, wire.TermsKey)...)
		return tx.Prefetch(tx.Collection, around...)
	}
}

// neighbours are the keys beside an instruction that its step needs, as far as its kind tells.
func neighbours(tx *ledger.Tx, i custody.Instruction) []string {
	keys := []string{wire.PartyKey(i.Party)}
	switch i.Kind {
	case "":
		return nil
	case custody.Hold:
		keys = append(keys, wire.AccountKey(i.Party))
		if i.Mandate != "" {
			keys = append(keys, wire.MandateKey(i.Mandate))
		}
	case custody.Deposit, custody.Withdraw:
		keys = append(keys, wire.AccountKey(i.Party))
	case custody.Release:
		keys = append(keys, wire.AccountKey(i.Party), wire.InstructionKey(i.Hold))
	case custody.Collect:
		keys = append(keys, wire.MandateKey(i.Mandate))
	case custody.Disburse:
		if handle, ok := records.Handle(tx, i.Loan); ok {
			keys = append(keys, wire.FundingKey(handle))
		}
	}
	return keys
}
