package loan

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

// prefetchFunding reads loans with their terms, and everything that is known of their lenders.
func prefetchFunding(tx *ledger.Tx, items []wire.FundLoan) error {
	var keys, ids []string
	for _, item := range items {
		ids = append(ids, item.Loan)
		for _, a := range item.Allocations {
			keys = append(keys, wire.PartyKey(a.Lender), wire.MandateKey(a.Mandate), wire.InstructionKey(a.Hold))
		}
	}
	keys = append(keys, records.LoanKeys(tx, ids, wire.LoanKey)...)
	keys = append(keys, records.LoanKeys(tx, ids, wire.TermsKey)...)
	keys = append(keys, records.LoanKeys(tx, ids, wire.FundingKey)...)
	return tx.Prefetch(tx.Collection, keys...)
}

func fund(tx *ledger.Tx, item wire.FundLoan) error {
	if !wire.IsDigest(item.Salt) {
		return fault.In(fault.InvalidField, "salt")
	}
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	s, err := records.Loan(tx, item.Loan)
	if err != nil {
		return err
	}
	if err := loan.Permit(s.Status, loan.ActFund, tx.Actor.Kind); err != nil {
		return err
	}
	command, err := funding(tx, item, s)
	if err != nil {
		return err
	}
	command.Actor, command.On = tx.Actor, on
	if s, err = records.StepLoan(tx, s, command, on); err != nil {
		return err
	}
	if err := keepFunding(tx, item, s); err != nil {
		return err
	}
	return instructHolds(tx, item, s, on)
}

// funding gathers what the ledger holds about loan, borrower, lenders and clearance. Of the clearance a
// platform's peer sees only the published hash, which suffices.
func funding(tx *ledger.Tx, item wire.FundLoan, s loan.State) (loan.Fund, error) {
	command := loan.Fund{BorrowerSignature: item.BorrowerSignature}
	var err error
	if command.Terms, err = records.Terms(tx, s.ID); err != nil {
		return command, err
	}
	if command.Pack, err = tx.Regime(s.Regime); err != nil {
		return command, err
	}
	if command.Borrower, err = records.Party(tx, s.Borrower); err != nil {
		return command, err
	}
	if command.PlatformFrozen, err = tx.PlatformFrozen(tx.Platform); err != nil {
		return command, err
	}
	if command.PublishedClearance, err = tx.PrivateHash(wire.Exposure, wire.ClearanceKey(s.Clearance.Handle)); err != nil {
		return command, err
	}
	command.Lenders, err = lenders(tx, item.Allocations)
	return command, err
}

func lenders(tx *ledger.Tx, allocations []loan.Allocation) ([]loan.Lender, error) {
	list := make([]loan.Lender, len(allocations))
	for i, a := range allocations {
		holder, err := records.Party(tx, a.Lender)
		if err != nil {
			return nil, err
		}
		authority, err := records.Mandate(tx, a.Mandate)
		if err != nil {
			return nil, err
		}
		list[i] = loan.Lender{Allocation: a, Party: holder, Mandate: authority}
	}
	return list, nil
}

func keepFunding(tx *ledger.Tx, item wire.FundLoan, s loan.State) error {
	handle, err := records.HandleOf(tx, s.ID)
	if err != nil {
		return err
	}
	return ledger.Put(tx, tx.Collection, wire.FundingKey(handle), loan.Funding{
		Version: wire.Version, Loan: s.ID, Allocations: item.Allocations,
		BorrowerSignature: item.BorrowerSignature, Salt: item.Salt,
	})
}

// instructHolds asks the custodian to hold each lender's part, until the last day of funding.
func instructHolds(tx *ledger.Tx, item wire.FundLoan, s loan.State, on calendar.Date) error {
	for _, a := range item.Allocations {
		err := records.Instruct(tx, custody.Instruction{
			Handle: a.Hold, Kind: custody.Hold, Party: a.Lender, Loan: s.ID, Mandate: a.Mandate,
			AmountMinor: a.PrincipalMinor, ExpiresOn: s.ExpiresOn,
		}, on)
		if err != nil {
			return err
		}
	}
	return nil
}
