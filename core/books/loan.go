package books

import (
	"fmt"

	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/wire"
)

// loan folds one event of a loan in a collection: decided again where the decision follows from the
// record alone, posted, and held against the loan's own sums.
func (a *Auditor) loan(collection string) func(loan.State, loan.Event) (loan.State, error) {
	return func(before loan.State, e loan.Event) (loan.State, error) {
		after := loan.Apply(before, e)
		_, _, handle, ok := wire.SplitLoanID(after.ID)
		if !ok {
			return after, fmt.Errorf("the loan's id is malformed")
		}
		funding := a.fundings[collection+"/"+wire.FundingKey(handle)]
		if err := a.againstTerms(after, e, a.terms[collection+"/"+wire.TermsKey(handle)], funding); err != nil {
			return after, err
		}
		if err := a.decideAgain(before, e); err != nil {
			return after, err
		}
		if err := a.post(before.Entry(e, funding.Lenders())); err != nil {
			return after, err
		}
		a.oweLenders(before, funding, -1)
		a.oweLenders(after, funding, 1)
		if e.Kind == loan.ActReceive {
			if err := a.book("loan/"+after.ID, e.Received.BankReference, "loan "+after.ID); err != nil {
				return after, err
			}
		}
		a.summary.loan(before, after, e)
		return after, sums(after)
	}
}

// againstTerms holds what the record claims of terms and funding against them.
func (a *Auditor) againstTerms(after loan.State, e loan.Event, terms loan.Terms, funding loan.Funding) error {
	switch e.Kind {
	case loan.ActPropose:
		if terms.Commitment() != after.Commitment || terms.ID != after.ID || terms.Borrower != after.Borrower ||
			terms.PrincipalMinor != after.PrincipalMinor {
			return fmt.Errorf("the record does not fit the terms")
		}
	case loan.ActFund:
		if len(funding.Allocations) != len(after.WeightsMinor) {
			return fmt.Errorf("the record does not fit the funding")
		}
		var sum money.Minor
		for i, allocation := range funding.Allocations {
			if allocation.PrincipalMinor != after.WeightsMinor[i] {
				return fmt.Errorf("the record does not fit the funding")
			}
			sum += allocation.PrincipalMinor
		}
		if sum != after.PrincipalMinor {
			return fmt.Errorf("the allocations do not add up to the principal")
		}
	case loan.ActActivate:
		return same(*e.Plan, terms.Plan(e.Plan.Start), "the plan does not follow from the terms")
	}
	return nil
}

// decideAgain lets the same rules decide a receipt, a reversal or a netting anew.
func (a *Auditor) decideAgain(before loan.State, e loan.Event) error {
	custodian := party.Actor{Member: e.By, Kind: party.Custodian, Role: party.Machine}
	var again []loan.Event
	var err error
	switch e.Kind {
	case loan.ActReceive:
		rules := a.regimes[before.Regime].Rules
		receipt := distribution.Receipt{
			BankReference: e.Received.BankReference, AmountMinor: e.Received.AmountMinor,
			ValueDate: e.Received.ValueDate, From: e.Received.From,
		}
		order := repayment.Order{Components: rules.Allocation, Horizontal: rules.Horizontal}
		again, err = distribution.Decide(before, receipt, order, custodian, e.On)
	case loan.ActReverse:
		again, err = distribution.Reverse(before, e.Reversed.Original, custodian, e.On)
	case loan.ActNet:
		again, err = loan.Decide(before, loan.Net{Run: e.Netted.Run}, custodian, e.On)
	default:
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s was applied although the rules refuse it: %w", e.Kind, err)
	}
	return same(again[0], e, fmt.Sprintf("%s was decided otherwise than the rules decide it", e.Kind))
}

// oweLenders counts what a loan's record owes to lenders, borrower and members, and what they owe back.
func (a *Auditor) oweLenders(s loan.State, funding loan.Funding, sign money.Minor) {
	if s.Plan == nil {
		return
	}
	for i, lender := range funding.Lenders() {
		a.owe(journal.Payable(lender), sign*s.Payable(i))
		a.owe(journal.Receivable(lender), -sign*s.Receivable[i])
	}
	for i := range s.Paid.FeesMinor {
		a.owe(journal.Fee(s.FeePayee(i)), sign*(s.Paid.FeesMinor[i]-s.FeesNetted[i]))
	}
	a.owe(journal.Payable(s.Borrower), sign*(s.Paid.RefundMinor-s.RefundNetted))
	a.owe(journal.Receivable(s.Borrower), -sign*s.RefundReceivable)
}

// sums holds a loan's own figures against each other.
func sums(s loan.State) error {
	if s.Plan == nil {
		return nil
	}
	var principal, interest money.Minor
	for i := range s.WeightsMinor {
		principal += s.PrincipalCredits[i]
		interest += s.InterestCredits[i]
		if s.PrincipalCredits[i] > s.WeightsMinor[i] {
			return fmt.Errorf("lender %d was credited more principal than it lent", i+1)
		}
	}
	switch {
	case principal != s.Paid.PrincipalMinor:
		return fmt.Errorf("principal credited is not principal paid")
	case interest != s.Paid.InterestMinor+s.Paid.PenaltyMinor:
		return fmt.Errorf("interest credited is not interest and penalty paid")
	case s.Outstanding() < 0:
		return fmt.Errorf("more principal was paid than was lent")
	}
	return nil
}
