package scenario

import (
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// Market hands loans out to lenders, first come, first served: who brought money first lends first. So
// loans that are funded together share lenders, and a batch of holds writes few accounts.
type Market struct {
	Lenders []*Person // in the order of their deposits
}

// Allocate divides a principal among at most the given number of lenders, each in whole yuan but the last;
// who has less left than such a part waits for a smaller loan. It relies on the lenders having brought
// more than all loans need.
func (m *Market) Allocate(principal money.Minor, parts int) []loan.Allocation {
	var list []loan.Allocation
	wanted := (principal/money.Minor(parts) + 99) / 100 * 100
	left := principal
	for _, lender := range m.Lenders {
		part := min(wanted, left)
		if part == 0 {
			break
		}
		if lender.Cash < part {
			continue
		}
		lender.Cash -= part
		left -= part
		list = append(list, loan.Allocation{Lender: lender.Handle, Mandate: lender.Mandate, Hold: Handle(), PrincipalMinor: part})
	}
	return list
}
