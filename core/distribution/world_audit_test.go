package distribution_test

import (
	"slices"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// auditRecords demands that the records say of every account what the postings say.
func (w *world) auditRecords() {
	w.Helper()
	var owed journal.Book // what the records owe, account by account
	owe := func(a journal.Account, amount money.Minor) {
		w.must(owed.Post(journal.Entry{}.Move("cash/records", a, amount)))
	}
	for _, a := range w.accounts {
		owe(journal.Available(a.Party), a.AvailableMinor)
		owe(journal.Held(a.Party), a.HeldMinor)
		owe(journal.Payable(a.Party), a.PayableMinor)
	}
	for _, i := range w.instructions {
		if i.Status != custody.Instructed && i.Status != custody.Accepted {
			continue
		}
		switch i.Kind {
		case custody.PayOut, custody.Refund:
			owe(journal.Payable(i.Party), i.AmountMinor)
		case custody.Fee:
			owe(journal.Fee(i.Party), i.AmountMinor)
		}
	}
	for _, s := range w.suspended {
		if s.Open() {
			owe(journal.Suspense("meridian"), s.AmountMinor)
		}
	}
	for _, c := range w.loans {
		for i, lender := range c.lenders[:len(c.state.PrincipalCredits)] {
			owe(journal.Payable(lender), c.state.Payable(i))
			owe(journal.Receivable(lender), -c.state.Receivable[i])
		}
		for i, fee := range c.state.Paid.FeesMinor {
			owe(journal.Fee(c.state.FeePayee(i)), fee-c.state.FeesNetted[i])
		}
		owe(journal.Payable("borrower"), c.state.Paid.RefundMinor-c.state.RefundNetted)
		owe(journal.Receivable("borrower"), -c.state.RefundReceivable)
	}
	for _, a := range slices.Concat(w.book.Accounts(), owed.Accounts()) {
		if a != journal.Cash("meridian") && a != "cash/records" && w.book.Balance(a) != owed.Balance(a) {
			w.Fatalf("%s holds %d by the postings and %d by the records", a, w.book.Balance(a), owed.Balance(a))
		}
	}
}

// auditLoan holds a loan's own figures against each other, and against the replay of its events.
func (w *world) auditLoan(c *contract) {
	w.Helper()
	var replayed loan.State
	for _, e := range c.events {
		replayed = loan.Apply(replayed, e)
	}
	if text(replayed) != text(c.state) {
		w.Fatalf("replay leads to\n%s\nand not to\n%s", text(replayed), text(c.state))
	}
	s := c.state
	if s.Plan == nil {
		return
	}
	var received, principal, interest money.Minor
	for _, r := range c.booked {
		if !s.Receipts[s.HasSeen(r.BankReference, r.From)].Reversed {
			received += r.AmountMinor
		}
	}
	for i := range s.WeightsMinor {
		principal += s.PrincipalCredits[i]
		interest += s.InterestCredits[i]
		if s.PrincipalCredits[i] < 0 || s.InterestCredits[i] < 0 || s.PrincipalCredits[i] > s.WeightsMinor[i] || s.Payable(i) < 0 {
			w.Fatalf("lender %d lent %d: %s", i, s.WeightsMinor[i], text(s))
		}
		if s.Outstanding() == 0 && s.PrincipalCredits[i] != s.WeightsMinor[i] {
			w.Fatalf("all is repaid, and lender %d has %d of %d", i, s.PrincipalCredits[i], s.WeightsMinor[i])
		}
	}
	switch {
	case received != s.Paid.Total():
		w.Fatalf("%d were received and stand, %d are paid", received, s.Paid.Total())
	case principal != s.Paid.PrincipalMinor || interest != s.Paid.InterestMinor+s.Paid.PenaltyMinor:
		w.Fatalf("credits do not sum: %s", text(s))
	case s.Outstanding() < 0:
		w.Fatalf("more principal was paid than lent: %s", text(s))
	case s.Status == loan.Repaid && s.Outstanding() != 0:
		w.Fatalf("repaid, and %d are outstanding", s.Outstanding())
	case min(s.Paid.PenaltyMinor, s.Paid.InterestMinor, s.Paid.PrincipalMinor, s.Paid.RefundMinor) < 0:
		w.Fatalf("a part is negative: %s", text(s))
	}
}
