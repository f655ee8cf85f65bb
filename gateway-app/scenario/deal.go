package scenario

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// Deal is one loan with what its platform knows about it.
type Deal struct {
	Borrower    *Person
	Terms       loan.Terms
	Allocations []loan.Allocation
}

// Identify gives a deal's terms what does not depend on the business of the loan: its names, its parties
// and its regime.
func (s *Scene) Identify(platform Actor, borrower *Person, terms loan.Terms) loan.Terms {
	p := platform.Profile
	terms.Version, terms.ID = wire.Version, wire.LoanID(p.Channel, p.Member, Handle())
	terms.Platform, terms.Custodian = p.Member, s.Cast.Custodian.Profile.Member
	terms.Borrower, terms.Project, terms.Salt = borrower.Handle, Handle(), Salt()
	terms.Regime, terms.Currency = s.Regime.ID, money.CNY
	return terms
}

// Propose puts deals' terms on the ledger, and answers the refusals by position.
func (s *Scene) Propose(ctx context.Context, platform Actor, deals []*Deal) (map[int]*fault.Fault, error) {
	items := make([]wire.ProposeLoan, len(deals))
	for i, d := range deals {
		items[i] = wire.ProposeLoan{Terms: d.Terms}
	}
	out, err := Send(ctx, platform.Machine, Batch[wire.ProposeLoan]{
		Function: "Loan:Propose", Collection: s.Cast.Pair(platform), Items: items, Size: 50, Lanes: 2,
	})
	if err != nil {
		return nil, err
	}
	return out.Refused, s.Cast.Reach(ctx, out.Block)
}

// Clear has the regulator reserve each borrower's exposure.
func (s *Scene) Clear(ctx context.Context, platform Actor, deals []*Deal) error {
	items := make([]wire.ClearLoan, len(deals))
	for i, d := range deals {
		items[i] = wire.ClearLoan{Loan: d.Terms.ID, Handle: Handle(), Salt: Salt()}
	}
	return publish(ctx, s.Cast, s.Cast.Regulator.Machine, Batch[wire.ClearLoan]{
		Function: "Loan:Clear", Collection: s.Cast.Pair(platform), Items: items, Size: 100, Lanes: 2,
	})
}

// Signature is the borrower's, under the commitment to the terms, in Base64.
func (d *Deal) Signature() (string, error) {
	t := d.Terms
	signature, err := d.Borrower.key.Sign(loan.CommitmentStatement(t.ID, t.Borrower, t.Commitment()))
	if err != nil {
		return "", fmt.Errorf("sign the terms of a loan: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// Fund brings each deal's allocations and its borrower's signature.
func (s *Scene) Fund(ctx context.Context, platform Actor, deals []*Deal) error {
	items := make([]wire.FundLoan, len(deals))
	for i, d := range deals {
		signature, err := d.Signature()
		if err != nil {
			return err
		}
		items[i] = wire.FundLoan{Loan: d.Terms.ID, Allocations: d.Allocations, BorrowerSignature: signature, Salt: Salt()}
	}
	return publish(ctx, s.Cast, platform.Machine, Batch[wire.FundLoan]{
		Function: "Loan:Fund", Collection: s.Cast.Pair(platform), Items: items, Size: 50, Lanes: 2,
	})
}

// AcceptHolds has the custodian hold every lender's cash, in one lane: lenders share accounts.
func (s *Scene) AcceptHolds(ctx context.Context, platform Actor, deals []*Deal) error {
	var items []wire.InstructionRef
	for _, d := range deals {
		for _, a := range d.Allocations {
			items = append(items, wire.InstructionRef{Instruction: a.Hold})
		}
	}
	return publish(ctx, s.Cast, s.Cast.Custodian.Machine, Batch[wire.InstructionRef]{
		Function: "Custody:Accept", Collection: s.Cast.Pair(platform), Items: items, Size: 300, Lanes: 1,
	})
}

// Disburse instructs, accepts and settles the payment of each loan to its borrower.
func (s *Scene) Disburse(ctx context.Context, platform Actor, deals []*Deal) error {
	instructions := make([]wire.DisburseLoan, len(deals))
	accepts := make([]wire.InstructionRef, len(deals))
	settles := make([]wire.Settle, len(deals))
	for i, d := range deals {
		h := Handle()
		instructions[i] = wire.DisburseLoan{Loan: d.Terms.ID, Instruction: h}
		accepts[i] = wire.InstructionRef{Instruction: h}
		settles[i] = wire.Settle{
			Instruction: h, AmountMinor: d.Terms.PrincipalMinor, BankReference: s.BankReference("L"), ValueDate: s.Today,
		}
	}
	collection, custodian := s.Cast.Pair(platform), s.Cast.Custodian.Machine
	if err := publish(ctx, s.Cast, platform.Machine, Batch[wire.DisburseLoan]{
		Function: "Loan:Disburse", Collection: collection, Items: instructions, Size: 100, Lanes: 2,
	}); err != nil {
		return err
	}
	if err := publish(ctx, s.Cast, custodian, Batch[wire.InstructionRef]{
		Function: "Custody:Accept", Collection: collection, Items: accepts, Size: 200, Lanes: 2,
	}); err != nil {
		return err
	}
	return publish(ctx, s.Cast, custodian, Batch[wire.Settle]{
		Function: "Custody:Settle", Collection: collection, Items: settles, Size: 50, Lanes: 1,
	})
}
