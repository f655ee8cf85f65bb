package distribution

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/split"
)

// Reverse undoes a receipt by contrary entry. The original must be brought unchanged: the loan keeps
// only its digest. What lenders or borrower were already paid out of it becomes a receivable from them,
// and no later credit is set off against it.
func Reverse(s loan.State, original loan.Received, actor party.Actor, on calendar.Date) ([]loan.Event, error) {
	if err := admitReversal(s, original, actor); err != nil {
		return nil, err
	}
	r := loan.Reversed{Original: original, Shortfalls: make([]money.Minor, len(s.WeightsMinor))}
	var err error
	if r.PrincipalCredits, err = takenBack(s.PrincipalCredits, original.PrincipalCredits, s.WeightsMinor); err != nil {
		return nil, err
	}
	if r.InterestCredits, err = takenBack(s.InterestCredits, original.InterestCredits, s.WeightsMinor); err != nil {
		return nil, err
	}
	for i := range r.Shortfalls {
		r.Shortfalls[i] = max(0, r.PrincipalCredits[i]+r.InterestCredits[i]-s.Payable(i))
		if _, err := money.Add(s.Receivable[i], r.Shortfalls[i]); err != nil {
			return nil, fault.In(fault.Overflow, "original")
		}
	}
	r.RefundShortfall = max(0, original.Parts.RefundMinor-(s.Paid.RefundMinor-s.RefundNetted))
	if _, err := money.Add(s.RefundReceivable, r.RefundShortfall); err != nil {
		return nil, fault.In(fault.Overflow, "original")
	}
	event := loan.Event{Kind: loan.ActReverse, On: on, By: actor.Member, Reversed: &r}
	owed, err := repayment.At(loan.Apply(s, event), on, on)
	if err != nil {
		return nil, err
	}
	r.Reopens = s.Status == loan.Repaid && owed.Total() > 0
	return []loan.Event{event}, nil
}

func admitReversal(s loan.State, original loan.Received, actor party.Actor) error {
	if err := loan.Permit(s.Status, loan.ActReverse, actor.Kind); err != nil {
		return err
	}
	if !actor.Is(party.Custodian, s.Custodian) {
		return fault.New(fault.WrongMember)
	}
	i := s.HasSeen(original.BankReference, original.From)
	switch {
	case i < 0:
		return fault.In(fault.NotFound, "bank_reference")
	case s.Receipts[i].Reversed:
		return fault.In(fault.AlreadyReversed, "bank_reference")
	case s.Receipts[i].Digest != original.Digest():
		return fault.In(fault.OriginalMismatch, "original")
	}
	return nil
}

// takenBack is by how much each lender's credits change when what the original brought is gone. Taking the
// original's own credits back would do for one reversal, but dust that was caught up later would stay
// with whoever had it; after many, a lender could end with more principal than it lent. So everyone is
// put where a division of what is left puts it, which for some may be a unit more than they had.
func takenBack(credited, original, lent []money.Minor) ([]money.Minor, error) {
	left, err := money.Sum(credited...)
	if err != nil {
		return nil, fault.In(fault.Internal, "credits")
	}
	for _, m := range original {
		left -= m
	}
	target, err := split.Largest(left, weights(lent))
	if err != nil {
		return nil, fault.In(fault.Internal, "credits")
	}
	back := make([]money.Minor, len(credited))
	for i := range back {
		back[i] = credited[i] - target[i]
	}
	return back, nil
}
