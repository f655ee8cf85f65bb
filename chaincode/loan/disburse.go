package loan

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

func prefetchDisbursing(tx *ledger.Tx, items []wire.DisburseLoan) error {
	var keys, ids []string
	for _, item := range items {
		ids = append(ids, item.Loan)
		keys = append(keys, wire.InstructionKey(item.Instruction))
	}
	keys = append(keys, records.LoanKeys(tx, ids, wire.LoanKey)...)
	return tx.Prefetch(tx.Collection, keys...)
}

func disburse(tx *ledger.Tx, item wire.DisburseLoan) error {
	if !wire.IsHandle(item.Instruction) {
		return fault.In(fault.InvalidField, "instruction")
	}
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	s, err := records.Loan(tx, item.Loan)
	if err != nil {
		return err
	}
	borrower, err := records.Party(tx, s.Borrower)
	if err != nil {
		return err
	}
	command := loan.Disburse{Instruction: item.Instruction, Borrower: borrower, On: on}
	if s, err = records.StepLoan(tx, s, command, on); err != nil {
		return err
	}
	return records.Instruct(tx, custody.Instruction{
		Handle: item.Instruction, Kind: custody.Disburse, Party: s.Borrower, Loan: s.ID, AmountMinor: s.PrincipalMinor,
	}, on)
}
