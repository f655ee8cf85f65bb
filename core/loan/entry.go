package loan

import (
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// Entry is what an event posts to the journal: a receipt comes into the loan's clearing and leaves it
// again, whole, to those it is for. Lenders are those of the Funding, in its order. Every other event
// posts nothing: what it moves, custody instructions move.
func (s State) Entry(e Event, lenders []string) journal.Entry {
	switch e.Kind {
	case ActReceive:
		r := *e.Received
		entry := s.divided(r, lenders, nil, 0)
		if r.From != "" {
			return entry // it came from suspense, whose placing filled the clearing
		}
		return append(journal.Entry{}.Move(journal.Cash(s.Custodian), journal.Clearing(s.ID), r.AmountMinor), entry...)
	case ActReverse:
		r := *e.Reversed
		entry := s.divided(r.Original, lenders, r.Shortfalls, r.RefundShortfall).Contrary()
		return entry.Move(journal.Clearing(s.ID), journal.Cash(s.Custodian), r.Original.AmountMinor)
	}
	return nil
}

// divided moves a receipt from clearing to its beneficiaries. What was paid out already is claimed from
// the receivable and not from cash that is no longer there.
func (s State) divided(r Received, lenders []string, shortfalls []money.Minor, refundShortfall money.Minor) journal.Entry {
	clearing := journal.Clearing(s.ID)
	var entry journal.Entry
	for i, lender := range lenders {
		amount := r.PrincipalCredits[i] + r.InterestCredits[i]
		var short money.Minor
		if i < len(shortfalls) {
			short = shortfalls[i]
		}
		entry = entry.Move(clearing, journal.Payable(lender), amount-short)
		entry = entry.Move(clearing, journal.Receivable(lender), short)
	}
	for i, fee := range r.Parts.FeesMinor {
		entry = entry.Move(clearing, journal.Fee(s.payee(i)), fee)
	}
	entry = entry.Move(clearing, journal.Payable(s.Borrower), r.Parts.RefundMinor-refundShortfall)
	return entry.Move(clearing, journal.Receivable(s.Borrower), refundShortfall)
}

// payee is the member that the charge at position i is for.
func (s State) payee(i int) string {
	if s.Plan.Charges[i].Payee == schedule.PayeeCustodian {
		return s.Custodian
	}
	return s.Platform
}

// FeePayee names the member that the charge at position i is for.
func (s State) FeePayee(i int) string { return s.payee(i) }
