package books

import (
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// permits asks of party, loan and hold what core/custody leaves to its caller to ask, where an instruction
// is made and where it is promised. What the bank has moved since, is booked whatever they say.
func (a *Auditor) permits(collection string, before custody.Instruction, e custody.Event) error {
	switch e.Kind {
	case "instructed":
		return a.mayInstruct(collection, *e.Instruction, e)
	case "accepted":
		return a.mayAccept(collection, before, e)
	}
	return nil
}

func (a *Auditor) mayInstruct(collection string, i custody.Instruction, e custody.Event) error {
	if err := ownFields(i); err != nil {
		return err
	}
	switch i.Kind {
	case custody.PayOut, custody.Fee, custody.Refund, custody.Disburse:
		return nil // the sums at the end of the transaction, and the loan's own step, decide
	}
	holder := a.partyOf(collection, i.Party)
	if !holder.Exists() {
		return fmt.Errorf("%q is no party: %w", i.Party, fault.New(fault.PartyUnknown))
	}
	switch i.Kind {
	case custody.Collect:
		return a.mayCollect(collection, i)
	case custody.Release:
		return a.mayRelease(collection, i)
	case custody.Withdraw:
		return mayBePaid(holder, i, e)
	case custody.Hold:
		return a.mayHold(collection, i)
	}
	return nil
}

// ownFields refuses fields that belong to another kind of instruction.
func ownFields(i custody.Instruction) error {
	forLoan := i.Kind == custody.Collect || i.Kind == custody.Disburse || i.Kind == custody.Hold && i.Loan != ""
	authorised := forLoan && i.Kind != custody.Disburse
	if forLoan != (i.Loan != "") || authorised != (i.Mandate != "") || (i.Kind == custody.Release) != (i.Hold != "") {
		return fmt.Errorf("the instruction names what a %s does not have, or lacks what it has", i.Kind)
	}
	return nil
}

// mayCollect wants a debt that stands, of the party that is debited.
func (a *Auditor) mayCollect(collection string, i custody.Instruction) error {
	s := a.loanOf(collection, i.Loan)
	if s.Status != loan.Active && s.Status != loan.WrittenOff || s.Borrower != i.Party {
		return fmt.Errorf("%s owes nothing by loan %s", i.Party, i.Loan)
	}
	return nil
}

// mayHold wants a hold for a loan to be one that its funding names.
func (a *Auditor) mayHold(collection string, i custody.Instruction) error {
	if i.Loan == "" {
		return nil
	}
	_, _, handle, _ := wire.SplitLoanID(i.Loan)
	funding := a.fundings[collection+"/"+wire.FundingKey(handle)]
	promised := loan.Allocation{Lender: i.Party, Mandate: i.Mandate, Hold: i.Handle, PrincipalMinor: i.AmountMinor}
	if funding.Loan != i.Loan || !slices.Contains(funding.Allocations, promised) {
		return fmt.Errorf("the funding of loan %s names no such hold", i.Loan)
	}
	return nil
}

func (a *Auditor) mayRelease(collection string, i custody.Instruction) error {
	hold := a.instructionOf(collection, i.Hold)
	if hold.Status != custody.Accepted || !gives(i, hold) {
		return fmt.Errorf("the release gives back no accepted hold of the same customer and amount")
	}
	return nil
}

func (a *Auditor) mayAccept(collection string, i custody.Instruction, e custody.Event) error {
	holder := a.partyOf(collection, i.Party)
	switch i.Kind {
	case custody.Hold:
		if holder.FrozenOn(e.On) {
			return fmt.Errorf("the hold was accepted although: %w", fault.New(fault.PartyFrozen))
		}
	case custody.Disburse:
		if a.loanOf(collection, i.Loan).Frozen != "" {
			return fmt.Errorf("the disbursement was accepted although: %w", fault.New(fault.LoanFrozen))
		}
		if err := holder.MayDraw(e.On); err != nil {
			return fmt.Errorf("the disbursement was to go to a party that may not draw: %w", err)
		}
	case custody.PayOut, custody.Refund, custody.Withdraw:
		return mayBePaid(holder, i, e)
	case custody.Release:
		return a.mayRelease(collection, i)
	}
	return nil
}

// mayBePaid lets no money go to a party that may not be paid. What the custodian itself instructed to be
// withdrawn, the bank's own books demand.
func mayBePaid(holder party.State, i custody.Instruction, e custody.Event) error {
	if i.Kind == custody.Withdraw && i.By == i.Custodian {
		return nil
	}
	if err := holder.MayBePaid(e.On); err != nil {
		return fmt.Errorf("money was to go to a party that may not be paid: %w", err)
	}
	return nil
}

// partyOf is a party by its handle; one without a handle where there is none.
func (a *Auditor) partyOf(collection, handle string) party.State {
	return a.parties[collection+"/"+wire.PartyKey(handle)]
}
