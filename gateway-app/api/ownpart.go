package api

import (
	"encoding/json"
	"slices"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// ownPart is a loan as one of its customers may see it. A borrower sees what they owe and not who lends; a
// lender sees their own share, and neither the others' nor the borrower's bank entries.
func ownPart(l projection.Loan, own string) projection.Loan {
	share := -1
	if l.Funding != nil {
		share = slices.IndexFunc(l.Funding.Allocations, func(a loan.Allocation) bool { return a.Lender == own })
	}
	l.OwingMinor = 0
	if share >= 0 {
		funding := *l.Funding
		funding.Allocations = []loan.Allocation{funding.Allocations[share]}
		l.Funding = &funding
		if share < len(l.State.Netted) {
			l.OwingMinor = l.State.Payable(share)
		}
	} else {
		l.Funding = nil
	}
	s := &l.State
	for _, list := range []*[]money.Minor{&s.WeightsMinor, &s.PrincipalCredits, &s.InterestCredits, &s.Netted} {
		*list = only(*list, share)
	}
	if l.Terms.Borrower != own {
		s.Receipts = nil
	}
	return l
}

// only keeps one place of a list, or none.
func only[T any](list []T, at int) []T {
	if at < 0 || at >= len(list) {
		return nil
	}
	return []T{list[at]}
}

// bare is the history of a loan as its customers may see it: what happened and when. The events themselves
// name every lender's share.
func bare(list projection.List[projection.Step]) projection.List[projection.Step] {
	for i := range list.Items {
		list.Items[i].Event = json.RawMessage(`{}`)
	}
	return list
}
