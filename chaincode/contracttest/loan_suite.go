package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// tenThousand is the principal of most loans here: 10,000 yuan in fen.
const tenThousand money.Minor = 1_000_000

func loanSuite(t *testing.T, open func(t *testing.T) Ledger) {
	for _, scenario := range []struct {
		name string
		play func(t *testing.T, open func(t *testing.T) Ledger)
	}{
		{"a loan is proposed, cleared, funded by three lenders, paid out, repaid and paid on", wholeLife},
		{"the published hash of the terms is the commitment", publishedCommitment},
		{"a proposal against the rules is refused", proposalsRefused},
		{"one project is financed once", projectFinancedOnce},
		{"one borrower's balance stays within the platform's cap", withinPlatformCap},
		{"one borrower's balance stays within the cap across platforms", withinNetworkCap},
		{"a person with a new pseudonym keeps its exposure", exposureSucceeds},
		{"a succession is the custodian's, goes forward only and is refused for the rest", successionsRefused},
		{"two clearings of one borrower at once do not both pass", clearingsMeet},
		{"a clearing that does not fit is refused", clearingsRefused},
		{"a lapsed reservation makes room, one of a funded loan does not", reservationsLapse},
		{"a reservation follows what is still owed", reservationsAreRelieved},
		{"a funding that does not fit is refused", fundingsRefused},
		{"a lender's mandate binds the loan that it funds", mandatesBind},
		{"a frozen borrower gets no money", frozenBorrower},
		{"a frozen loan takes no cash and still takes receipts", frozenLoan},
		{"a frozen platform starts nothing new", frozenPlatform},
		{"a retired regime takes no new loan, and its loans go on by it", retiredRegime},
		{"a pack for reports is adopted and retired, and rules no loan", reportsPack},
		{"a withdrawn loan gives every lender its cash back", withdrawnLoan},
		{"the regulator cancels what a dead platform left", cancelledByTheRegulator},
		{"a loan whose funding lasts too long expires", expiredLoan},
		{"a loan is declined before anybody funds it", declinedLoan},
		{"a loan long overdue is written off, and what comes in then is divided", writtenOff},
		{"a loan is read by its members only", loansAreRead},
	} {
		t.Run(scenario.name, func(t *testing.T) { scenario.play(t, open) })
	}
}

// wholeLife follows one loan to the end, and every fen to where it belongs.
func wholeLife(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(3, tenThousand)
	l := s.Proposed(tenThousand)
	s.Is(l, loan.Proposed)
	s.Do(s.Clearing(l))
	s.Is(l, loan.Cleared)
	s.Do(s.Funding(l.Share(lenders...)))
	s.Is(l, loan.Collecting)
	s.Do(s.Accepting(l.Holds()[0]))
	s.Do(s.Accepting(l.Holds()[1]))
	s.Is(l, loan.Collecting)
	s.Has(lenders[0], 666_666, 333_334)
	s.Do(s.Accepting(l.Holds()[2]))
	s.Is(l, loan.Funded)
	s.Do(s.Disbursing(l))
	s.Is(l, loan.Disbursing)
	s.PayLoanOut(l)
	s.Is(l, loan.Active)
	s.Has(lenders[0], 666_666, 0)
	s.Stands(l.Holds()[0], custody.Settled)

	var paid money.Minor
	for i := range l.Terms.Instalments {
		_, row := s.ToRow(l, i+1)
		paid += s.PaysRow(l, row).AmountMinor
	}
	s.Is(l, loan.Repaid)
	paysOnEverything(s, l, paid)
}

// paysOnEverything nets a repaid loan and pays everybody: what came in goes out.
func paysOnEverything(s *Scene, l *Loan, paid money.Minor) {
	s.T.Helper()
	state := s.State(l)
	run := NewHandle()
	s.Do(s.Netting(run, l))
	var out money.Minor
	for i, lender := range l.Lenders {
		if state.PrincipalCredits[i] != l.Allocations[i].PrincipalMinor {
			s.T.Errorf("lender %d is credited %d of principal, want the %d that it lent",
				i+1, state.PrincipalCredits[i], l.Allocations[i].PrincipalMinor)
		}
		out += s.PayOut(run, custody.PayOut, lender.Handle)
	}
	out += s.PayOut(run, custody.Fee, Harbor)
	if out != paid {
		s.T.Errorf("%d came in and %d went out", paid, out)
	}
	s.Refuses(s.Netting(run, l), "not_yet_due", "")
	if _, audited := s.Ledger.(Replayable); audited {
		if seen := s.auditor.Summary(); seen.LoansRepaid == 0 || seen.CollectedMinor < paid || seen.TrialBalance != 0 {
			s.T.Errorf("the auditor saw %+v", seen)
		}
	}
}

func publishedCommitment(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Proposed(tenThousand)
	terms, err := wire.Encode(s.View(l).Terms)
	if err != nil {
		t.Fatal(err)
	}
	commitment := s.State(l).Commitment
	if commitment != l.Terms.Commitment() || commitment != wire.Digest(terms) {
		t.Errorf("the commitment is %s, the terms on the ledger have %s", commitment, wire.Digest(terms))
	}
	if fake, ok := s.Ledger.(Fake); ok {
		if stored := wire.Digest(fake.Ledger().Private(Pair, wire.TermsKey(l.Handle()))); stored != commitment {
			t.Errorf("Fabric publishes the hash %s of the terms, the commitment is %s", stored, commitment)
		}
	}
}

func loansAreRead(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Proposed(tenThousand)
	byHandle := PrivateRead(Pair, l.Handle(), NewHandle())
	var views []*wire.LoanView
	s.Read(Call{Member: Authority, Role: "auditor", Function: "Loan:Read", Request: byHandle}, &views)
	if len(views) != 2 || views[0] == nil || views[0].Terms.ID != l.ID() || views[0].Funding != nil || views[1] != nil {
		t.Errorf("the views are %+v", views)
	}
	foreign := Call{Member: Lantern, Role: "operator", Function: "Loan:Read", Request: byHandle}
	s.RefusedRead(foreign, refusal("wrong_member", "collection"))
	s.RefusedRead(s.asPlatform("Loan:Read", PrivateRead(Pair, "somebody")), refusal("invalid_field", "items[0]"))
	s.RefusedRead(s.asPlatform("Loan:Read", PrivateRead(Pair)), refusal("batch_empty", ""))
}
