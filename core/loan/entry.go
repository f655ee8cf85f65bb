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
		entry := s.divided(share{parts: r.Parts, principal: r.PrincipalCredits, interest: r.InterestCredits}, lenders)
		if r.From != "" {
			return entry // it came from suspense, whose placing filled the clearing
		}
		return append(journal.Entry{}.Move(journal.Cash(s.Custodian), journal.Clearing(s.ID), r.AmountMinor), entry...)
	case ActReverse:
		r := *e.Reversed
		entry := s.divided(share{
			parts: r.Original.Parts, principal: r.PrincipalCredits, interest: r.InterestCredits,
			shortfalls: r.Shortfalls, refundShortfall: r.RefundShortfall,
		}, lenders).Contrary()
		return entry.Move(journal.Clearing(s.ID), journal.Cash(s.Custodian), r.Original.AmountMinor)
	}
	return nil
}

// share is who has what of a receipt. Shortfalls are what was paid out of it already.
type share struct {
	parts               Parts
	principal, interest []money.Minor
	shortfalls          []money.Minor
	refundShortfall     money.Minor
}

// divided moves a receipt from clearing to its beneficiaries. What was paid out already is claimed from
// the receivable and not from cash that is no longer there.
func (s State) divided(r share, lenders []string) journal.Entry {
	clearing := journal.Clearing(s.ID)
	entry := make(journal.Entry, 0, len(lenders)+len(r.parts.FeesMinor)+2)
	for i, lender := range lenders {
		var short money.Minor
		if i < len(r.shortfalls) {
			short = r.shortfalls[i]
		}
		entry = entry.Move(clearing, journal.Payable(lender), r.principal[i]+r.interest[i]-short)
		entry = entry.Move(clearing, journal.Receivable(lender), short)
	}
	for i, fee := range r.parts.FeesMinor {
		entry = entry.Move(clearing, journal.Fee(s.payee(i)), fee)
	}
	entry = entry.Move(clearing, journal.Payable(s.Borrower), r.parts.RefundMinor-r.refundShortfall)
	return entry.Move(clearing, journal.Receivable(s.Borrower), r.refundShortfall)
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
