// Package distribution divides what a borrower pays among those it is for, in the transaction that
// books the receipt: nobody can forget a second step.
//
// Principal and interest belong to the lenders in proportion to what each lent. A lender's credit is
// its share of everything that has come in so far, less what it was credited before, so the dust of
// rounding never drifts: when the principal is repaid, each lender has its own to the minor unit.
// Charges go to platform and custodian as the terms name them; what was paid too much goes back to
// the borrower. What comes in goes out: amount = lenders + fees + refund, always.
//
// The package never pays anything out: entitlements are netted and paid by the custodian's own run.
package distribution

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/split"
)

// MaxReceiptMinor bounds one receipt: it pays off the largest loan there is with ten times its principal in
// interest, and keeps every sum of a loan's receipts within 64 bits for hundreds of them.
const MaxReceiptMinor = custody.MaxEntryMinor

// Receipt is one entry of the custodian's bank account for a loan. From names the suspended receipt
// that it is placed from, if it is.
type Receipt struct {
	BankReference string
	AmountMinor   money.Minor
	ValueDate     calendar.Date
	From          string
}

// Decide books a receipt: allocated, divided, and closing the loan where nothing is left owed. It
// refuses only what is malformed, unauthorised or a duplicate, or comes for a loan that was never paid
// out; that the loan is frozen, finished or written off is no reason to.
func Decide(s loan.State, r Receipt, order repayment.Order, actor party.Actor, on calendar.Date) ([]loan.Event, error) {
	if err := admit(s, r, actor, on); err != nil {
		return nil, err
	}
	a, err := repayment.Allocate(s, r.AmountMinor, on, r.ValueDate, order)
	if err != nil {
		return nil, err
	}
	booked := loan.Received{
		BankReference: r.BankReference, AmountMinor: r.AmountMinor, ValueDate: r.ValueDate, From: r.From,
		Parts: a.Parts, Payoff: a.Payoff, Closes: a.Closes,
	}
	principal := s.Paid.PrincipalMinor + a.Parts.PrincipalMinor
	if booked.PrincipalCredits, err = credits(principal, s.WeightsMinor, s.PrincipalCredits); err != nil {
		return nil, err
	}
	interest := s.Paid.InterestMinor + s.Paid.PenaltyMinor + a.Parts.InterestMinor + a.Parts.PenaltyMinor
	if booked.InterestCredits, err = credits(interest, s.WeightsMinor, s.InterestCredits); err != nil {
		return nil, err
	}
	return []loan.Event{{Kind: loan.ActReceive, On: on, By: actor.Member, Received: &booked}}, nil
}

func admit(s loan.State, r Receipt, actor party.Actor, on calendar.Date) error {
	if err := loan.Permit(s.Status, loan.ActReceive, actor.Kind); err != nil {
		return err
	}
	if !actor.Is(party.Custodian, s.Custodian) {
		return fault.New(fault.WrongMember)
	}
	switch {
	case r.BankReference == "" || len(r.BankReference) > 64:
		return fault.In(fault.InvalidField, "bank_reference")
	case r.AmountMinor <= 0 || r.AmountMinor > MaxReceiptMinor:
		return fault.In(fault.InvalidField, "amount_minor")
	case r.ValueDate.IsZero() || r.ValueDate > on:
		return fault.In(fault.ValueDateOutOfBounds, "value_date")
	case s.Standing(r.BankReference, r.From):
		return fault.In(fault.DuplicateBankReference, "bank_reference")
	}
	if _, err := money.Add(s.Paid.Total(), r.AmountMinor); err != nil {
		return fault.In(fault.Overflow, "amount_minor")
	}
	return nil
}

// credits is what each lender is credited now, given all that came in so far.
func credits(total money.Minor, lent, credited []money.Minor) ([]money.Minor, error) {
	parts, err := split.Cumulative(total, weights(lent), credited)
	if err != nil {
		return nil, fault.In(fault.Internal, "credits")
	}
	return parts, nil
}

func weights(lent []money.Minor) []int64 {
	list := make([]int64, len(lent))
	for i, w := range lent {
		list[i] = int64(w)
	}
	return list
}
