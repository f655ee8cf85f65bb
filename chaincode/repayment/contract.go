// Package repayment is the contract that books what the custodian's bank received.
//
// A receipt is placed with its loan, allocated in the order that the loan's regime wants and divided
// among lenders, fees and refund, all in the one transaction that posts it: nobody can forget a second
// step. What the bank received was received: a frozen, written-off or finished loan is no reason to
// refuse it, and what names no loan goes to suspense. Only what is malformed or booked already is
// refused. A receipt touches the record of its loan and no other key, so that batches do not meet.
//
// The contract never pays anybody: entitlements wait for the custodian's payout run.
package repayment

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/wire"
)

// Contract is the contract Repayment.
type Contract struct{ contractapi.Contract }

// New names the contract.
func New() *Contract {
	c := &Contract{}
	c.Name = "Repayment"
	return c
}

// Post books entries of the custodian's bank account.
func (c *Contract) Post(ctx contractapi.TransactionContextInterface) (string, error) {
	p := posting{records.NewRulebook()}
	return ledger.Command[wire.Receipt]{Name: "Repayment:Post", Prepare: p.prefetch, Apply: p.apply}.Run(ctx)
}

// Reverse undoes receipts by contrary entries.
func (c *Contract) Reverse(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.Reverse]{Name: "Repayment:Reverse", Prepare: prefetchReversals, Apply: reverse}.Run(ctx)
}
