// Package custody is the contract that keeps customers' cash and the custodian's days.
//
// A platform instructs; only the custodian accepts, settles or refuses, and what it settles it settles
// on its own open business day (custody guidelines 2017). A settled disbursement makes a loan active; a
// settled collection is a receipt, allocated and divided in the same transaction. Final entitlements are
// netted per party by the custodian's run. Instructions, accounts and suspended receipts live in the
// collection of platform and custodian; the business day is public.
//
// What is allowed, core/custody and core/loan decide. The contract never settles what no bank entry
// shows, books no bank entry twice, and never lets a customer's cash go below zero.
package custody

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/wire"
)

// Contract is the contract Custody.
type Contract struct{ contractapi.Contract }

// New names the contract.
func New() *Contract {
	c := &Contract{}
	c.Name = "Custody"
	return c
}

// OpenBooks keeps the custodian's secret for one collection, once.
func (c *Contract) OpenBooks(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Run(ctx, "Custody:OpenBooks", openBooks)
}

// OpenDay opens the custodian's next business day.
func (c *Contract) OpenDay(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.Run(ctx, "Custody:OpenDay", openDay)
}

// CloseDay closes the custodian's open business day.
func (c *Contract) CloseDay(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.Run(ctx, "Custody:CloseDay", closeDay)
}

// Instruct orders movements of one customer's cash each.
func (c *Contract) Instruct(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.Instruct]{Name: "Custody:Instruct", Prepare: prefetchOrders, Apply: instruct}.Run(ctx)
}

// Accept is the custodian's promise to carry instructions out.
func (c *Contract) Accept(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.InstructionRef]{
		Name: "Custody:Accept", Prepare: prefetchInstructions(reference), Apply: accept,
	}.Run(ctx)
}

// Settle is the custodian's word that the bank moved the money.
func (c *Contract) Settle(ctx contractapi.TransactionContextInterface) (string, error) {
	s := settlement{records.NewRulebook()}
	return ledger.Command[wire.Settle]{
		Name: "Custody:Settle", Prepare: s.prefetch, Apply: s.apply,
	}.Run(ctx)
}

// Refuse is the custodian's no. What was reserved goes back; what was to be paid out waits for the
// next run.
func (c *Contract) Refuse(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.Refuse]{
		Name:    "Custody:Refuse",
		Prepare: prefetchInstructions(func(r wire.Refuse) string { return r.Instruction }),
		Apply:   refuse,
	}.Run(ctx)
}

// Expire ends instructions whose last day for being accepted is past.
func (c *Contract) Expire(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.InstructionRef]{
		Name: "Custody:Expire", Prepare: prefetchInstructions(reference), Apply: expire,
	}.Run(ctx)
}

// Cancel takes instructions back.
func (c *Contract) Cancel(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.InstructionRef]{
		Name: "Custody:Cancel", Prepare: prefetchInstructions(reference), Apply: cancel,
	}.Run(ctx)
}

// Net is the custodian's payout run.
func (c *Contract) Net(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.Net]{Name: "Custody:Net", Prepare: prefetchRun, Apply: net}.Run(ctx)
}

// Place moves suspended receipts to the loans they were meant for.
func (c *Contract) Place(ctx contractapi.TransactionContextInterface) (string, error) {
	p := placing{records.NewRulebook()}
	return ledger.Command[wire.Place]{Name: "Custody:Place", Prepare: prefetchPlacing, Apply: p.apply}.Run(ctx)
}

// Return sends suspended receipts back to their payers.
func (c *Contract) Return(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.Return]{Name: "Custody:Return", Prepare: prefetchReturns, Apply: giveBackSuspended}.Run(ctx)
}

// Read answers instructions by their handle, and accounts and suspended receipts by "account/" or
// "suspense/" and theirs.
func (c *Contract) Read(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.ReadEach(ctx, "Custody:Read", read)
}

// ReadDay answers a custodian's business day.
func (c *Contract) ReadDay(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.Read(ctx, "Custody:ReadDay", wire.DayKey)
}

func reference(r wire.InstructionRef) string { return r.Instruction }
