package records

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

// EachHold walks the holds of a loan's lenders in the order of its funding. A loan that was never
// funded has none.
func EachHold(tx *ledger.Tx, s loan.State, visit func(custody.Instruction) error) error {
	if len(s.WeightsMinor) == 0 {
		return nil
	}
	funding, err := Funding(tx, s.ID)
	if err != nil {
		return err
	}
	for _, a := range funding.Allocations {
		hold, err := Instruction(tx, a.Hold)
		if err != nil {
			return err
		}
		if err := visit(hold); err != nil {
			return err
		}
	}
	return nil
}

// PrefetchHolds reads the holds of loans, with their lenders' accounts and mandates, in one call. Loans
// without a funding are passed over.
func PrefetchHolds(tx *ledger.Tx, ids []string) error {
	fundings := LoanKeys(tx, ids, wire.FundingKey)
	if err := tx.Prefetch(tx.Collection, fundings...); err != nil {
		return err
	}
	var keys []string
	for _, key := range fundings {
		funding, _, err := ledger.Get[loan.Funding](tx, tx.Collection, key)
		if err != nil {
			return err
		}
		for _, a := range funding.Allocations {
			keys = append(keys, wire.InstructionKey(a.Hold), wire.AccountKey(a.Lender), wire.MandateKey(a.Mandate))
		}
	}
	return tx.Prefetch(tx.Collection, keys...)
}

// ReleaseHolds gives back what a loan's lenders promised to it, and what that used of their mandates.
func ReleaseHolds(tx *ledger.Tx, s loan.State, on calendar.Date) error {
	return EachHold(tx, s, func(hold custody.Instruction) error { return releaseHold(tx, hold, on) })
}

func releaseHold(tx *ledger.Tx, hold custody.Instruction, on calendar.Date) error {
	switch hold.Status {
	case custody.Instructed:
		return StepInstruction(tx, hold, hold.Handle, custody.Cancel{On: on, Actor: tx.Actor})
	case custody.Accepted:
		if err := StepInstruction(tx, hold, hold.Handle, custody.Cancel{On: on, Actor: tx.Actor}); err != nil {
			return err
		}
		return RestoreMandate(tx, hold, hold.AmountMinor, on)
	}
	return nil // refused, expired or taken back before
}
