package records

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// Mandate answers a mandate by its handle; one that does not exist has no handle.
func Mandate(tx *ledger.Tx, handle string) (mandate.State, error) {
	state, _, err := ledger.Load[mandate.State](tx, tx.Collection, wire.MandateKey(handle))
	return state, err
}

// StepMandate puts a command to a mandate and saves what follows from it.
func StepMandate(tx *ledger.Tx, handle string, command mandate.Command) error {
	state, err := Mandate(tx, handle)
	if err != nil {
		return err
	}
	events, err := mandate.Decide(state, command)
	if err != nil {
		return err
	}
	for _, e := range events {
		state = mandate.Apply(state, e)
	}
	return ledger.Save(tx, tx.Collection, wire.MandateKey(handle), state, events)
}

// RestoreMandate counts back what an instruction used of a mandate, as far as it came to nothing.
func RestoreMandate(tx *ledger.Tx, i custody.Instruction, amount money.Minor, on calendar.Date) error {
	if i.Mandate == "" {
		return nil
	}
	return StepMandate(tx, i.Mandate, mandate.Restore{
		Actor: tx.Actor, On: on, Handle: i.Mandate, AmountMinor: amount, Loan: i.Loan,
	})
}
