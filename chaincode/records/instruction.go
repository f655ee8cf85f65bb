package records

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Instruction answers an instruction by its handle; one that does not exist has no status.
func Instruction(tx *ledger.Tx, handle string) (custody.Instruction, error) {
	if !wire.IsHandle(handle) {
		return custody.Instruction{}, fault.In(fault.InvalidField, "instruction")
	}
	state, _, err := ledger.Load[custody.Instruction](tx, tx.Collection, wire.InstructionKey(handle))
	return state, err
}

// Instruct makes an instruction of this collection's members, on a business date.
func Instruct(tx *ledger.Tx, order custody.Instruction, on calendar.Date) error {
	if !wire.IsHandle(order.Handle) {
		return fault.In(fault.InvalidField, "handle")
	}
	if err := RequirePair(tx); err != nil {
		return err
	}
	order.Platform, order.Custodian, order.On = tx.Platform, tx.Custodian, on
	before, err := Instruction(tx, order.Handle)
	if err != nil {
		return err
	}
	return StepInstruction(tx, before, order.Handle, custody.Instruct{Instruction: order, Actor: tx.Actor})
}

// StepInstruction puts a command to an instruction, saves what follows from it, and moves the cash of
// the customer whose instruction it is. An instruction that would take more than the customer has is
// refused with insufficient_funds.
func StepInstruction(tx *ledger.Tx, before custody.Instruction, handle string, command custody.Command) error {
	events, err := custody.Decide(before, command)
	if err != nil {
		return err
	}
	after := before
	for _, e := range events {
		if err := post(tx, after.Party, after.Entry(e), e.On); err != nil {
			return err
		}
		after = custody.Apply(after, e)
	}
	return ledger.Save(tx, tx.Collection, wire.InstructionKey(handle), after, events)
}
