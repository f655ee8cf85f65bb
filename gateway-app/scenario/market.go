package scenario

import (
	"slices"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// Market hands loans out to lenders, first come, first served.
type Market struct {
	Lenders []*Person
	next    int
}

// Allocate divides a principal among up to parts lenders, in turn, each in whole yuan but the last. It
// relies on the lenders having brought more than all loans need.
func (m *Market) Allocate(principal money.Minor, parts int) []loan.Allocation {
	var list []loan.Allocation
	left := principal
	for tried := 0; left > 0 && tried < 2*len(m.Lenders); tried++ {
		lender := m.Lenders[m.next%len(m.Lenders)]
		m.next++
		part := (principal/money.Minor(parts) + 99) / 100 * 100
		part = min(part, left, lender.Cash)
		if part <= 0 || lends(list, lender.Handle) {
			continue
		}
		lender.Cash -= part
		left -= part
		list = append(list, loan.Allocation{Lender: lender.Handle, Mandate: lender.Mandate, Hold: Handle(), PrincipalMinor: part})
	}
	return list
}

func lends(list []loan.Allocation, lender string) bool {
	return slices.ContainsFunc(list, func(a loan.Allocation) bool { return a.Lender == lender })
}
