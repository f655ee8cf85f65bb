package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
)

func reversedBefore(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.paidOnce(s.Lenders(3, tenThousand)...)
	s.Do(s.Reversing(l, s.Received(l)))
	state := s.State(l)
	if state.Paid.Total() != 0 || state.Payable(0) != 0 || state.Receivable[0] != 0 {
		t.Errorf("after the reversal the loan is %+v", state)
	}
	s.PaysRow(l, s.Rows(l)[0])
	run := NewHandle()
	s.Do(s.Netting(run, l))
	s.PayOut(run, custody.PayOut, l.Lenders[0].Handle)
}

// reversedAfter leaves a claim on the lender that was paid, and sets nothing off against it.
func reversedAfter(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, tenThousand)
	l := s.paidOnce(lenders...)
	original := s.Received(l)
	run := NewHandle()
	s.Do(s.Netting(run, l))
	paid := s.PayOut(run, custody.PayOut, lenders[0].Handle)
	s.Do(s.Reversing(l, original))
	state := s.State(l)
	if state.Receivable[0] != paid || state.Payable(0) != 0 {
		t.Errorf("the lender was paid %d and owes %d back", paid, state.Receivable[0])
	}
	s.PaysRow(l, s.Rows(l)[0])
	if got := s.State(l).Payable(0); got != paid {
		t.Errorf("the row that is paid again owes the lender %d, want %d and no set-off", got, paid)
	}
}

func reversalReopens(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.paidOnce(s.Lenders(2, tenThousand)...)
	s.Pays(l, s.Owes(l))
	s.Is(l, loan.Repaid)
	payoff := s.Received(l)
	s.Pays(l, 500)
	s.Do(s.Reversing(l, payoff))
	s.Is(l, loan.Active)
	s.Pays(l, s.Owes(l))
	s.Is(l, loan.Repaid)
	for i, a := range l.Allocations {
		if got := s.State(l).PrincipalCredits[i]; got != a.PrincipalMinor {
			t.Errorf("lender %d is credited %d of principal, want %d", i+1, got, a.PrincipalMinor)
		}
	}
}

func reversalsRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.paidOnce(s.Lenders(2, 2*tenThousand)...)
	original := s.Received(l)
	altered := original
	altered.AmountMinor++
	s.Refuses(s.Reversing(l, altered), fault.OriginalMismatch, "original")
	altered = original
	altered.BankReference = "bank-" + NewHandle()
	s.Refuses(s.Reversing(l, altered), fault.NotFound, "bank_reference")
	s.Refuses(s.Reversing(s.Funded(tenThousand, l.Lenders...), original), fault.WrongStatus, "loan")
	s.Refuses(s.Reversing(s.NewLoan(l.Borrower, tenThousand), original), fault.NotFound, "loan")
	call := s.Reversing(l, original)
	call.Member = Harbor
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(s.Reversing(l, original))
	s.Refuses(s.Reversing(l, original), fault.AlreadyReversed, "bank_reference")
	again := s.Receipt(l.ID(), original.AmountMinor)
	again.BankReference = original.BankReference
	s.Refuses(s.Posting(again), fault.DuplicateBankReference, "bank_reference")
}
