package matching

import (
	"slices"

	"github.com/tallystick/tallystick/core/money"
)

// fundInPart lets starving deals take what there is, where their rule says so and the day has come. A
// loan that is funded in part is proposed to the ledger again with the smaller principal, and each
// lender's share is measured against that one.
func (f *field) fundInPart() {
	f.level(nowhere)
	movable, base := f.movableMinor(), slices.Clone(f.levels)
	for _, d := range f.starving {
		deal := &f.deals[d]
		if !f.partly(deal.request) || deal.eligible == 0 {
			continue
		}
		if movable < deal.request.LeastMinor {
			deal.reason = BelowLeast
			continue
		}
		f.log = f.log[:0]
		f.pullAll(d)
		principal := f.shrink(d)
		if principal < deal.request.LeastMinor {
			f.rollBack(0)
			copy(f.levels, base)
			deal.reason = BelowLeast
			continue
		}
		deal.status, deal.reason = FilledInPart, FundedInPart
		if principal == deal.principal {
			deal.status, deal.reason = Filled, FilledByRepair
		}
		deal.fixed, deal.oddment = true, 0
		f.level(nowhere)
		movable = f.movableMinor()
		copy(base, f.levels)
	}
}

func (f *field) partly(r *Request) bool {
	return r.Shortfall == PartAtOnce || r.Shortfall == PartAtDeadline && f.book.On == r.Deadline
}

// shrink brings every lender's part within its share of what came together, which lowers what came
// together, until nothing gives way any more. It answers the principal that is left.
func (f *field) shrink(d int32) money.Minor {
	deal, unit := &f.deals[d], f.book.Policy.UnitMinor
	for {
		principal := f.lent(d)
		changed := false
		for _, p := range slices.Clone(deal.parts) {
			most := f.orders[p.order].mandate.MostIn(principal)
			most -= most % unit
			if p.amount <= most {
				continue
			}
			if most < deal.ticket {
				most = 0
			}
			f.give(p.order, d, most-p.amount)
			changed = true
		}
		if !changed || principal < deal.request.LeastMinor {
			return principal
		}
	}
}

// lent is what a deal's parts come to.
func (f *field) lent(d int32) money.Minor {
	var sum money.Minor
	for _, p := range f.deals[d].parts {
		sum += p.amount
	}
	return sum
}
