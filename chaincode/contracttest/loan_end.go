package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// ending is an item that ends a loan, with a code for why.
func ending(l *Loan) wire.EndLoan { return wire.EndLoan{Loan: l.ID(), Reason: "changed-mind"} }

// withdrawnLoan ends a loan while one hold is accepted, one instructed, one refused and one expired.
func withdrawnLoan(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(4, tenThousand)
	l := s.Collecting(tenThousand, lenders...)
	s.Do(s.Accepting(l.Holds()[0]))
	s.Do(s.Refusing(l.Holds()[2]))
	s.Do(s.asPlatform("Custody:Cancel", Private(Pair, refs(l.Holds()[3:])...)))
	s.Is(l, loan.Collecting)
	s.Refuses(s.asPlatform("Custody:Cancel", Private(Pair, refs(l.Holds()[:1])...)), fault.WrongStatus, "loan")

	s.Refuses(s.asPlatform("Loan:Withdraw", Private(Pair, wire.EndLoan{Loan: l.ID()})), fault.InvalidField, "reason")
	call := s.asPlatform("Loan:Withdraw", Private(Pair, ending(l)))
	call.Member = Meridian
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(s.asPlatform("Loan:Withdraw", Private(Pair, ending(l))))
	s.Is(l, loan.Withdrawn)
	for i, want := range []custody.Status{custody.Cancelled, custody.Cancelled, custody.Refused, custody.Cancelled} {
		s.Stands(l.Holds()[i], want)
		s.Has(lenders[i], tenThousand, 0)
		if used := s.Mandate(lenders[i].Mandate).UsedMinor; used != 0 {
			t.Errorf("lender %d: %d of the mandate is still used", i+1, used)
		}
	}
	s.Refuses(s.asPlatform("Loan:Withdraw", Private(Pair, ending(l))), fault.WrongStatus, "loan")
	s.Refuses(s.Accepting(l.Holds()[1]), fault.WrongStatus, "")
}

// cancelledByTheRegulator ends a funded loan without its platform's peer: regulator and custodian do.
func cancelledByTheRegulator(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, tenThousand)
	l := s.Funded(tenThousand, lenders...)
	s.Has(lenders[0], tenThousand/2, tenThousand/2)
	s.Do(s.asRegulator("Loan:Cancel", Private(Pair, ending(l))))
	s.Is(l, loan.Cancelled)
	s.Has(lenders[0], tenThousand, 0)

	asked := s.Instructed(tenThousand, lenders...)
	s.Refuses(s.asRegulator("Loan:Cancel", Private(Pair, ending(asked))), fault.WrongStatus, "loan")
	s.Do(s.asRegulator("Custody:Cancel", Private(Pair, refs([]string{asked.Disbursement})...)))
	s.Is(asked, loan.Funded)
	s.Do(s.asBank("Loan:Cancel", Private(Pair, ending(asked))))
	s.Has(lenders[1], tenThousand, 0)
	s.Refuses(s.asBank("Loan:Cancel", Private(Pair, ending(s.Active(tenThousand, lenders...)))), fault.WrongStatus, "loan")
}

func expiredLoan(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, tenThousand)
	l := s.Collecting(tenThousand, lenders...)
	s.Do(s.Accepting(l.Holds()[0]))
	expiring := s.asBank("Loan:Expire", Private(Pair, wire.LoanRef{Loan: l.ID()}))
	s.Refuses(expiring, fault.NotYetDue, "expires_on")
	early := s.asBank("Custody:Expire", Private(Pair, refs(l.Holds()[1:])...))
	s.Refuses(early, fault.NotYetDue, "expires_on")
	s.AdvanceTo(s.State(l).ExpiresOn.AddDays(1))
	s.Refuses(s.Accepting(l.Holds()[1]), fault.WrongStatus, "expires_on")
	s.Do(s.asRegulator("Custody:Expire", Private(Pair, refs(l.Holds()[1:])...)))
	s.Stands(l.Holds()[1], custody.Expired)
	s.Is(l, loan.Collecting)
	s.Do(s.asRegulator("Loan:Expire", Private(Pair, wire.LoanRef{Loan: l.ID()})))
	s.Is(l, loan.Expired)
	s.Has(lenders[0], tenThousand, 0)
	s.Has(lenders[1], tenThousand, 0)
	s.Refuses(s.asBank("Loan:Expire", Private(Pair, wire.LoanRef{Loan: l.ID()})), fault.WrongStatus, "loan")
}

func declinedLoan(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	proposed, cleared := s.Proposed(tenThousand), s.Cleared(tenThousand)
	call := s.asBank("Loan:Decline", Private(Pair, ending(proposed)))
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(s.asPlatform("Loan:Decline", Private(Pair, ending(proposed))))
	s.Is(proposed, loan.Declined)
	s.Do(s.asRegulator("Loan:Decline", Private(Pair, ending(cleared))))
	s.Is(cleared, loan.Declined)
	s.Refuses(s.Clearing(proposed), fault.WrongStatus, "loan")
	lost := s.NewLoan(proposed.Borrower, tenThousand)
	s.Refuses(s.asPlatform("Loan:Decline", Private(Pair, ending(lost))), fault.NotFound, "loan")
}

// writtenOff lets a borrower pay once and then no more.
func writtenOff(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(3, tenThousand)
	l := s.Active(tenThousand, lenders...)
	_, row := s.ToRow(l, 1)
	s.Pays(l, Due(row))
	writing := func() Call {
		c := s.asPlatform("Loan:WriteOff", Private(Pair, ending(l)))
		c.Role = party.Supervisor
		return c
	}
	s.AdvanceTo(s.Rows(l)[1].Due.AddDays(s.Rules.WriteOffDays - 4))
	s.Refuses(writing(), fault.NotYetDue, "overdue_days")
	s.AdvanceTo(s.Rows(l)[1].Due.AddDays(s.Rules.WriteOffDays))
	wrong := writing()
	wrong.Role = party.Machine
	s.Refused(wrong, refusal(fault.WrongRole, ""))
	wrong.Member, wrong.Role = Meridian, party.Supervisor
	s.Refused(wrong, refusal(fault.WrongMember, ""))
	s.Do(writing())
	s.Is(l, loan.WrittenOff)
	s.Refuses(writing(), fault.WrongStatus, "loan")

	before := s.State(l)
	s.Pays(l, 100_000)
	s.Is(l, loan.WrittenOff)
	after := s.State(l)
	if after.Paid.Total()-before.Paid.Total() != 100_000 || after.Payable(0) <= before.Payable(0) {
		t.Errorf("a recovery of 100,000 moved the loan from %+v to %+v", before.Paid, after.Paid)
	}
	recovered := s.Received(l)
	s.Do(s.Reversing(l, recovered))
	s.Is(l, loan.WrittenOff)
	s.Pays(l, s.Owes(l))
	s.Is(l, loan.Repaid)
	s.Refuses(writing(), fault.WrongStatus, "loan")
}
