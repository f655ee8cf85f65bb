package api

import (
	"testing"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// shared is a loan of one borrower and two lenders that has received a payment.
func shared() projection.Loan {
	l := projection.Loan{OwingMinor: 30, Terms: loan.Terms{Borrower: "b"}, Funding: &loan.Funding{Allocations: []loan.Allocation{
		{Lender: "first", PrincipalMinor: 100}, {Lender: "second", PrincipalMinor: 200},
	}}}
	l.State = loan.State{
		WeightsMinor: []money.Minor{100, 200}, PrincipalCredits: []money.Minor{9, 18}, InterestCredits: []money.Minor{1, 2},
		Netted: []money.Minor{0, 0}, Receipts: []loan.Seen{{BankReference: "r"}},
	}
	return l
}

func TestALenderSeesTheirOwnShareAlone(t *testing.T) {
	got := ownPart(shared(), "second")
	if len(got.Funding.Allocations) != 1 || got.Funding.Allocations[0].Lender != "second" || got.OwingMinor != 20 {
		t.Errorf("the second lender sees %+v and is owed %d", got.Funding, got.OwingMinor)
	}
	if s := got.State; len(s.WeightsMinor) != 1 || s.WeightsMinor[0] != 200 || s.PrincipalCredits[0] != 18 || s.Receipts != nil {
		t.Errorf("the second lender sees %+v", s)
	}
	if whole := shared(); len(whole.Funding.Allocations) != 2 {
		t.Error("the loan itself was changed")
	}
}

func TestABorrowerDoesNotSeeWhoLends(t *testing.T) {
	got := ownPart(shared(), "b")
	if got.Funding != nil || got.State.WeightsMinor != nil || got.OwingMinor != 0 {
		t.Errorf("the borrower sees %+v, %+v", got.Funding, got.State)
	}
	if len(got.State.Receipts) != 1 {
		t.Error("the borrower does not see what they have paid")
	}
}
