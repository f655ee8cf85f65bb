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

// Why a disbursement came back to its loan when nobody at the bank said why.
const (
	reasonCancelled = "cancelled"
	reasonExpired   = "expired"
)

func refuse(tx *ledger.Tx, item wire.Refuse) error {
	return end(tx, item.Instruction, item.Reason, func(on calendar.Date) custody.Command {
		return custody.Refuse{Reason: item.Reason, On: on, Actor: tx.Actor}
	})
}

func expire(tx *ledger.Tx, item wire.InstructionRef) error {
	return end(tx, item.Instruction, reasonExpired, func(on calendar.Date) custody.Command {
		return custody.Expire{On: on, Actor: tx.Actor}
	})
}

// cancel takes an instruction back. Cash that a loan counts on stays held until the loan itself ends.
func cancel(tx *ledger.Tx, item wire.InstructionRef) error {
	i, err := records.Instruction(tx, item.Instruction)
	if err != nil {
		return err
	}
	if i.Loan != "" && i.Kind == custody.Hold && i.Status == custody.Accepted {
		return fault.In(fault.WrongStatus, "loan")
	}
	return end(tx, item.Instruction, reasonCancelled, func(on calendar.Date) custody.Command {
		return custody.Cancel{On: on, Actor: tx.Actor}
	})
}

// end ends an instruction that was not carried out, and lets what hung on it go back: a disbursement to
// its loan, a payout to what waits for the next run, a collection to the borrower's authority. A hold
// that was never accepted counted for nothing; its loan goes on collecting the others.
func end(tx *ledger.Tx, handle, reason string, command func(calendar.Date) custody.Command) error {
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	i, err := records.Instruction(tx, handle)
	if err != nil {
		return err
	}
	if err := records.StepInstruction(tx, i, handle, command(on)); err != nil {
		return err
	}
	switch i.Kind {
	case custody.Disburse:
		s, err := records.Loan(tx, i.Loan)
		if err != nil {
			return err
		}
		_, err = records.StepLoan(tx, s, loan.Return{Reason: reason}, on)
		return err
	case custody.PayOut, custody.Refund:
		return records.ReturnPayout(tx, i.Party, i.AmountMinor, on)
	case custody.Collect:
		return records.RestoreMandate(tx, i, i.AmountMinor, on)
	}
	return nil
}
