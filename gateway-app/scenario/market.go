package scenario

import (
	"slices"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// Market hands loans out to lenders, first come, first served: those who brought money first lend in turn,
// and when one has lent everything, the next in the queue takes the place. So loans that are funded
// together share lenders, and a batch of holds writes few accounts.
type Market struct {
	Lenders []*Person // in the order of their deposits

	turn int
}

// table is how many lenders take turns at a time.
const table = 24

// Allocate divides a principal among up to parts lenders, in turn, each in whole yuan but the last. It
// relies on the lenders having brought more than all loans need.
func (m *Market) Allocate(principal money.Minor, parts int) []loan.Allocation {
	var list []loan.Allocation
	wanted := (principal/money.Minor(parts) + 99) / 100 * 100
	left := principal
	for tried := 0; left > 0 && tried < 2*table; tried++ {
		lender := m.next()
		part := min(wanted, left, lender.Cash)
		if part <= 0 || lends(list, lender.Handle) {
			continue
		}
		lender.Cash -= part
		left -= part
		list = append(list, loan.Allocation{Lender: lender.Handle, Mandate: lender.Mandate, Hold: Handle(), PrincipalMinor: part})
	}
	return list
}

// next is whose turn it is. Who has lent everything leaves, as long as enough others are there.
func (m *Market) next() *Person {
	seats := min(table, len(m.Lenders))
	at := m.turn % seats
	if m.Lenders[at].Cash == 0 && len(m.Lenders) > table {
		m.Lenders = slices.Delete(m.Lenders, at, at+1)
	}
	m.turn++
	return m.Lenders[at]
}

func lends(list []loan.Allocation, lender string) bool {
	return slices.ContainsFunc(list, func(a loan.Allocation) bool { return a.Lender == lender })
}
