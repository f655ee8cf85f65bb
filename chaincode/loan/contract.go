// Package loan is the contract that leads a loan from proposal to its end.
//
// A loan is three values in the collection of its platform and custodian: terms, written once under a
// key whose published hash is the commitment that the borrower signs; funding, written once; and the
// record, which every step rewrites. What is allowed, core/loan decides. Clearing is the one command
// that also writes the exposure collection: it reserves a borrower's balance across platforms, so that
// no two loans can pass a cap together (interim measures 2016, art. 17).
//
// The contract never moves money and books no receipt: it makes instructions, and the custodian's own
// contract carries them out.
package loan

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/wire"
)

// Contract is the contract Loan.
type Contract struct{ contractapi.Contract }

// New names the contract.
func New() *Contract {
	c := &Contract{}
	c.Name = "Loan"
	return c
}

// Propose puts loans' terms before the regulator.
func (c *Contract) Propose(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.ProposeLoan]{Name: "Loan:Propose", Prepare: prefetchProposals, Apply: propose}.Run(ctx)
}

// Clear reserves borrowers' exposure, and lets the loans be funded.
func (c *Contract) Clear(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.ClearLoan]{Name: "Loan:Clear", Prepare: prefetchClearing, Apply: clearLoan}.Run(ctx)
}

// Relieve brings reservations down to what is still owed.
func (c *Contract) Relieve(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.LoanRef]{Name: "Loan:Relieve", Prepare: prefetchRelief, Apply: relieve}.Run(ctx)
}

// Fund allocates cleared loans to lenders and asks the custodian to hold their cash.
func (c *Contract) Fund(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.FundLoan]{Name: "Loan:Fund", Prepare: prefetchFunding, Apply: fund}.Run(ctx)
}

// Disburse asks the custodian to pay funded loans out.
func (c *Contract) Disburse(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.DisburseLoan]{Name: "Loan:Disburse", Prepare: prefetchDisbursing, Apply: disburse}.Run(ctx)
}

// Decline is the platform's or the regulator's no to proposals.
func (c *Contract) Decline(ctx contractapi.TransactionContextInterface) (string, error) {
	return end(ctx, "Loan:Decline", decline)
}

// Withdraw is borrowers' no. Held cash is its lenders' again.
func (c *Contract) Withdraw(ctx contractapi.TransactionContextInterface) (string, error) {
	return end(ctx, "Loan:Withdraw", withdraw)
}

// Cancel ends loans that will not be disbursed. Held cash is its lenders' again.
func (c *Contract) Cancel(ctx contractapi.TransactionContextInterface) (string, error) {
	return end(ctx, "Loan:Cancel", cancel)
}

// Expire ends loans whose stage has lasted too long. Held cash is its lenders' again.
func (c *Contract) Expire(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.LoanRef]{
		Name: "Loan:Expire", Prepare: prefetchLoans(func(l wire.LoanRef) string { return l.Loan }), Apply: expire,
	}.Run(ctx)
}

// WriteOff takes loans that are overdue for long out of those that perform. The claims remain.
func (c *Contract) WriteOff(ctx contractapi.TransactionContextInterface) (string, error) {
	return end(ctx, "Loan:WriteOff", writeOff)
}

// Freeze is a supervisory order over loans. It never stops receipts.
func (c *Contract) Freeze(ctx contractapi.TransactionContextInterface) (string, error) {
	return order(ctx, "Loan:Freeze", freeze)
}

// Release lifts supervisory orders over loans.
func (c *Contract) Release(ctx contractapi.TransactionContextInterface) (string, error) {
	return order(ctx, "Loan:Release", release)
}

// Read answers loans by id or handle: terms, funding and record, as wire.LoanView.
func (c *Contract) Read(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.ReadEach(ctx, "Loan:Read", views)
}
