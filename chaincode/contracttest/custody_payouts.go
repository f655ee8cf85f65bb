package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/wire"
)

// paidOnce leads a loan of one lender to where its first row is paid.
func (s *Scene) paidOnce(lenders ...Customer) *Loan {
	s.T.Helper()
	l := s.Active(tenThousand, lenders...)
	_, row := s.ToRow(l, 1)
	s.PaysRow(l, row)
	return l
}

// collecting is an order to collect from a loan's borrower.
func collecting(l *Loan, authority string) wire.Instruct {
	return wire.Instruct{
		Handle: NewHandle(), Kind: custody.Collect, Party: l.Borrower.Handle, Loan: l.ID(), Mandate: authority,
		AmountMinor: 80_000,
	}
}

func collections(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	authority := s.DebitMandate(l.Borrower, 80_000, 200_000)
	s.ToRow(l, 1)
	whole, part, none := collecting(l, authority), collecting(l, authority), collecting(l, authority)
	s.Settled(whole)
	if got := s.Received(l).AmountMinor; got != 80_000 {
		t.Errorf("the loan received %d, want the 80,000 that were collected", got)
	}
	s.Do(s.Ordering(part))
	s.Refuses(s.Ordering(none), fault.MandateLimitExceeded, "total_minor")
	s.Do(s.Accepting(part.Handle))
	s.Do(s.Settling(part.Handle, 30_000))
	s.Stands(part.Handle, custody.SettledInPart)
	if used := s.Mandate(authority).UsedMinor; used != 110_000 {
		t.Errorf("%d of the authority is used, want the 110,000 that were collected", used)
	}
	s.Do(s.Ordering(none))
	s.Do(s.Accepting(none.Handle))
	s.Do(s.Refusing(none.Handle))
	if used := s.Mandate(authority).UsedMinor; used != 110_000 {
		t.Errorf("%d of the authority is used after a refusal, want 110,000", used)
	}
	old := collecting(l, authority)
	s.Do(s.Ordering(old))
	s.Do(s.Accepting(old.Handle))
	s.AdvanceTo(s.Today().AddDays(30))
	again := wire.Settle{
		Instruction: old.Handle, AmountMinor: 80_000, BankReference: s.Received(l).BankReference,
		ValueDate: s.Today().AddDays(-20),
	}
	s.Refuses(s.SettlingAs(again), fault.DuplicateBankReference, "bank_reference")
	again.BankReference = "bank-" + NewHandle()
	s.Do(s.SettlingAs(again)) // the bank received it then, however long ago that is
}

func collectionsRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, 2*tenThousand)...)
	authority := s.DebitMandate(l.Borrower, 80_000, 0)
	funded := s.Funded(tenThousand, l.Lenders...)
	early := collecting(funded, s.DebitMandate(funded.Borrower, 80_000, 0))
	s.Refuses(s.Ordering(early), fault.WrongStatus, "loan")
	foreign := collecting(l, authority)
	foreign.Party = funded.Borrower.Handle
	s.Refuses(s.Ordering(foreign), fault.MandateMismatch, "party")
	s.Refuses(s.Ordering(collecting(l, l.Lenders[0].Mandate)), fault.MandateLimitExceeded, "principal_minor")
	s.Refuses(s.Ordering(collecting(l, NewHandle())), fault.MandateUnknown, "")
	other := s.confirmed(l.Borrower, mandate.Terms{
		Purpose: mandate.Debit, PerCollectionMinor: 80_000, Loan: funded.ID(),
	})
	s.Refuses(s.Ordering(collecting(l, other)), fault.MandateMismatch, "loan")
	much := collecting(l, authority)
	much.AmountMinor = 80_001
	s.Refuses(s.Ordering(much), fault.MandateLimitExceeded, "amount_minor")
	s.RevokeMandate(authority)
	s.Refuses(s.Ordering(collecting(l, authority)), fault.MandateRevoked, "")
	s.Refuses(s.asBank("Custody:Instruct", Private(Pair, collecting(l, authority))), fault.WrongMember, "")
}

func payoutRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, tenThousand)
	l := s.paidOnce(lenders...)
	owed := s.State(l).Payable(0)
	run := NewHandle()
	s.Do(s.Netting(run, l))
	first := Payout(run, custody.PayOut, lenders[0].Handle)
	s.Do(s.Accepting(first))
	s.Do(s.Refusing(first))
	if back := s.Account(lenders[0]).PayableMinor; back != owed {
		t.Errorf("%d waits for the next run, want %d", back, owed)
	}
	s.Refuses(s.NettingParty(run, lenders[1]), fault.NotYetDue, "party")
	s.Refuses(s.NettingParty(run, lenders[0]), fault.WrongStatus, "")
	next := NewHandle()
	s.Do(s.NettingParty(next, lenders[0]))
	if paid := s.PayOut(next, custody.PayOut, lenders[0].Handle); paid != owed {
		t.Errorf("the next run paid %d, want %d", paid, owed)
	}
	s.Do(s.Refusing(Payout(run, custody.PayOut, lenders[1].Handle)))
	s.Refuses(s.NettingParty(next, lenders[0]), fault.NotYetDue, "party")
}

func frozenPayout(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Lender(tenThousand)
	l := s.paidOnce(lender)
	s.FreezeParty(lender, "order-3")
	run := NewHandle()
	s.Do(s.Netting(run, l))
	payout := Payout(run, custody.PayOut, lender.Handle)
	s.Refuses(s.Accepting(payout), fault.PartyFrozen, "")
	s.ReleaseParty(lender, "order-3")
	s.AdvanceTo(s.Today().AddDays(1)) // the day of its release is still the order's
	s.Do(s.Accepting(payout))
	s.FreezeParty(lender, "order-4")
	s.Do(s.Settling(payout, s.Instruction(payout).AmountMinor)) // the bank had paid before it heard of the order
	s.Stands(payout, custody.Settled)
	s.Refuses(s.NettingParty(NewHandle(), lender), fault.NotYetDue, "party")
}

// revokedPayee is paid what it is owed, by the loan and from its own cash, for years after its attestation;
// a freeze stops that, and a revoked borrower draws no loan.
func revokedPayee(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Lender(2 * tenThousand)
	l := s.paidOnce(lender)
	drawing := s.Instructed(tenThousand, lender)
	for _, revoked := range []string{lender.Handle, drawing.Borrower.Handle} {
		s.Do(s.asSupervisor("Party:Revoke", Private(Pair, wire.PartyRevocation{Handle: revoked, Note: "R9"})))
	}
	s.Refuses(s.Accepting(drawing.Disbursement), fault.PartyRevoked, "")
	s.AdvanceTo(s.Today().AddDays(customerDays + 1))
	run := NewHandle()
	s.Do(s.Netting(run, l))
	s.FreezeParty(lender, "order-5")
	payout := Payout(run, custody.PayOut, lender.Handle)
	s.Refuses(s.Accepting(payout), fault.PartyFrozen, "")
	s.ReleaseParty(lender, "order-5")
	s.AdvanceTo(s.Today().AddDays(1)) // the day of its release is still the order's
	s.PayOut(run, custody.PayOut, lender.Handle)
	s.Do(s.Refusing(drawing.Disbursement))
	s.Do(s.asPlatform("Loan:Cancel", Private(Pair, wire.EndLoan{Loan: drawing.ID(), Reason: "revoked"})))
	left := s.Account(lender).AvailableMinor
	s.Settled(wire.Instruct{Handle: NewHandle(), Kind: custody.Withdraw, Party: lender.Handle, AmountMinor: left})
	s.Has(lender, 0, 0)
}

func payoutsAreTheBanks(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Lender(tenThousand)
	l := s.paidOnce(lender)
	run := NewHandle()
	s.Do(s.Netting(run, l))
	payout, fee := Payout(run, custody.PayOut, lender.Handle), Payout(run, custody.Fee, Harbor)
	for _, member := range []string{Harbor, Authority} {
		call := s.asPlatform("Custody:Cancel", Private(Pair, refs([]string{payout})...))
		call.Member = member
		s.Refuses(call, fault.WrongMember, "")
	}
	s.Refuses(s.asPlatform("Custody:Expire", Private(Pair, refs([]string{payout})...)), fault.WrongMember, "")
	s.Refuses(s.Refusing(fee), fault.WrongMember, "")
	s.PayOut(run, custody.Fee, Harbor)
	s.PayOut(run, custody.PayOut, lender.Handle)
}

// netted runs over two loans of one lender, in two transactions of one run.
func netted(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender, other := s.Lender(2*tenThousand), s.Lender(tenThousand)
	first := s.Active(tenThousand, lender)
	second := s.Active(tenThousand, lender, other)
	run := NewHandle()
	s.Refuses(s.Netting(run, first), fault.NotYetDue, "")
	s.ToRow(first, 1)
	s.PaysRow(first, s.Rows(first)[0])
	s.PaysRow(second, s.Rows(second)[0])
	want := s.State(first).Payable(0) + s.State(second).Payable(0)
	s.Do(s.Netting(run, first))
	s.Do(s.Netting(run, second))
	if got := s.PayOut(run, custody.PayOut, lender.Handle); got != want {
		t.Errorf("the run pays the lender %d, want %d from both loans", got, want)
	}
	item := wire.Net{Run: run, Loan: first.ID()}
	call := s.asPlatform("Custody:Net", Private(Pair, item))
	s.Refused(call, refusal(fault.WrongMember, ""))
	item.Party = lender.Handle
	s.Refuses(s.asBank("Custody:Net", Private(Pair, item)), fault.InvalidField, "loan")
	s.Refuses(s.asBank("Custody:Net", Private(Pair, wire.Net{Run: "today", Loan: first.ID()})), fault.InvalidField, "run")
	s.Refuses(s.asBank("Custody:Net", Private(Pair, wire.Net{Run: run, Loan: "loan"})), fault.NotFound, "loan")

	s.ToRow(first, 2)
	s.PaysRow(first, s.Rows(first)[1])
	s.Refuses(s.Netting(run, first), fault.WrongStatus, "") // the run's payout has left: the next run takes it
	s.Do(s.Netting(NewHandle(), first))
}

func suspendedPlaced(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, 2*tenThousand)...)
	_, row := s.ToRow(l, 1)
	lost := s.Receipt("rent for march", Due(row))
	s.Do(s.Posting(lost))
	if got := s.Suspended(lost); got.AmountMinor != Due(row) || got.PlacedWith != "" {
		t.Errorf("suspended is %+v", got)
	}
	s.Refuses(s.Placing(s.Receipt("somebody", 1), l), fault.NotFound, "suspense")
	s.Refuses(s.Placing(lost, s.NewLoan(l.Borrower, tenThousand)), fault.NotFound, "loan")
	s.Refuses(s.Placing(lost, s.Funded(tenThousand, l.Lenders...)), fault.WrongStatus, "loan")
	s.Refuses(s.asBank("Custody:Place", Private(Pair, wire.Place{Suspense: "s", Loan: l.ID()})), fault.InvalidField, "suspense")
	call := s.Placing(lost, l)
	call.Member = Harbor
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(s.Placing(lost, l))
	if got := s.Received(l); got.AmountMinor != Due(row) || got.From != SuspenseOf(lost) {
		t.Errorf("the loan received %+v", got)
	}
	s.Refuses(s.Placing(lost, l), fault.WrongStatus, "suspense")
	s.Refuses(s.Posting(lost), fault.DuplicateBankReference, "bank_reference")
	s.Is(l, loan.Active)
}
