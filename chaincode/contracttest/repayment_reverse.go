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
}

// reversedByMistake books an entry again under its own reference, once, and reverses that too.
func reversedByMistake(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.paidOnce(s.Lenders(2, tenThousand)...)
	original := s.Received(l)
	paid := s.State(l).Paid.PrincipalMinor
	again := s.Receipt(l.ID(), original.AmountMinor)
	again.BankReference, again.ValueDate = original.BankReference, original.ValueDate
	s.Refuses(s.Posting(again), fault.DuplicateBankReference, "bank_reference")
	s.Do(s.Reversing(l, original))
	s.Do(s.Posting(again))
	s.Refuses(s.Posting(again), fault.DuplicateBankReference, "bank_reference")
	if got := s.State(l).Paid.PrincipalMinor; got != paid {
		t.Errorf("booked again, the entry paid %d of principal, want %d", got, paid)
	}
	s.Do(s.Reversing(l, s.Received(l)))
	s.Refuses(s.Reversing(l, original), fault.AlreadyReversed, "bank_reference")
	if got := s.State(l).Paid.PrincipalMinor; got != 0 {
		t.Errorf("reversed twice, %d of principal is paid", got)
	}
}

// equalReferences are two entries of two accounts, one of them placed: both are the loan's, each once.
func equalReferences(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	s.AdvanceTo(s.Today().AddDays(s.Rules.BackdatingDays + 1))
	lost, own := s.Receipt("rent for march", 1_000), s.Receipt(l.ID(), 2_000)
	own.BankReference = lost.BankReference
	s.Do(s.Posting(lost))
	s.Do(s.Placing(lost, l))
	placed := s.Received(l)
	s.Do(s.Posting(own))
	s.Refuses(s.Posting(own), fault.DuplicateBankReference, "bank_reference")
	s.Do(s.Reversing(l, placed))
	if got := s.State(l).Paid.Total(); got != 2_000 {
		t.Errorf("with the placed one reversed %d is paid, want the 2,000 of the other", got)
	}
}
