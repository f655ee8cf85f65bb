package portfolio

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// Largest is how many of the largest borrowers a standing lists.
const Largest = 10

// Measure makes a platform's standing with a custodian at the close of a business day from the positions of all loans,
// from scratch. Positions of other platforms and custodians, and those of loans that were not disbursed, are passed
// over; the order of the positions makes no difference.
func Measure(positions []Position, platform, custodian string, on calendar.Date) Standing {
	m := measure{
		Standing: Standing{Platform: platform, Custodian: custodian, On: on},
		owed:     map[string]money.Minor{}, lenders: map[string]bool{}, overdue: map[calendar.Date]Overdue{},
		unpaid: map[calendar.Date]Due{}, charges: map[schedule.Charge]int64{},
	}
	for _, p := range positions {
		if p.Platform == platform && p.Custodian == custodian {
			m.count(p)
		}
	}
	return m.finish()
}

// measure is a standing in the making.
type measure struct {
	Standing
	owed    map[string]money.Minor // by borrower, also nothing
	lenders map[string]bool        // whether one of the lender's loans has a balance
	overdue map[calendar.Date]Overdue
	unpaid  map[calendar.Date]Due
	charges map[schedule.Charge]int64
}

func (m *measure) count(p Position) {
	m.Lent.add(p.PrincipalMinor)
	if p.OutstandingMinor > 0 {
		m.Balance.add(p.OutstandingMinor)
		if p.Related {
			m.Related.add(p.OutstandingMinor)
		}
	}
	if interest := p.InterestMinor(); interest > 0 {
		m.Interest.add(interest)
	}
	m.owed[p.Borrower] += p.OutstandingMinor
	for _, lender := range p.Lenders {
		m.lenders[lender] = m.lenders[lender] || p.OutstandingMinor > 0
	}
	for _, c := range p.ChargesOnce() {
		m.charges[c]++
	}
	if !p.DueOn.IsZero() && p.DueOn < m.On {
		o := m.overdue[p.DueOn]
		m.overdue[p.DueOn] = Overdue{p.DueOn, o.Loans + 1, o.OutstandingMinor + p.OutstandingMinor}
	}
	for _, d := range p.Unpaid {
		if d.On < m.On {
			u := m.unpaid[d.On]
			m.unpaid[d.On] = Due{d.On, u.PrincipalMinor + d.PrincipalMinor, u.InterestMinor + d.InterestMinor}
		}
	}
}

func (m *measure) finish() Standing {
	m.Borrowers, m.Lenders = int64(len(m.owed)), int64(len(m.lenders))
	for _, owed := range m.owed {
		if owed > 0 {
			m.BorrowersCurrent++
			m.LargestMinor = append(m.LargestMinor, owed)
		}
	}
	slices.SortFunc(m.LargestMinor, func(a, b money.Minor) int { return cmp.Compare(b, a) })
	m.LargestMinor = slices.Clip(m.LargestMinor[:min(len(m.LargestMinor), Largest)])
	for _, current := range m.lenders {
		if current {
			m.LendersCurrent++
		}
	}
	m.Overdue = slices.SortedFunc(maps.Values(m.overdue), func(a, b Overdue) int { return cmp.Compare(a.DueOn, b.DueOn) })
	m.Unpaid = slices.SortedFunc(maps.Values(m.unpaid), func(a, b Due) int { return cmp.Compare(a.On, b.On) })
	for c, loans := range m.charges {
		m.Charges = append(m.Charges, ChargeStandard{c, loans})
	}
	slices.SortFunc(m.Charges, func(a, b ChargeStandard) int { return CompareCharges(a.Charge, b.Charge) })
	return m.Standing
}

// add counts one more loan.
func (a *Amount) add(amount money.Minor) {
	a.Loans++
	a.AmountMinor += amount
}

// CompareCharges is the order in which a standing lists charges.
func CompareCharges(a, b schedule.Charge) int {
	return cmp.Or(cmp.Compare(a.Payee, b.Payee), cmp.Compare(a.Basis, b.Basis), cmp.Compare(a.PPM, b.PPM), cmp.Compare(a.FlatMinor, b.FlatMinor))
}

// ChargesOnce lists the charges that the loan was agreed with, each once, in the order of a standing.
func (p Position) ChargesOnce() []schedule.Charge {
	charges := slices.Clone(p.Charges)
	slices.SortFunc(charges, CompareCharges)
	return slices.Compact(charges)
}
