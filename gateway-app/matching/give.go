package matching

import (
	"slices"

	"github.com/tallystick/tallystick/core/money"
)

// give moves an amount from an order into a deal, or back when it is negative, and logs the change.
func (f *field) give(o, d int32, amount money.Minor) {
	f.log = append(f.log, change{o, d, amount})
	f.apply(o, d, amount)
}

// rollBack undoes all changes since the log was so long.
func (f *field) rollBack(mark int) {
	for i := len(f.log) - 1; i >= mark; i-- {
		f.apply(f.log[i].order, f.log[i].deal, -f.log[i].amount)
	}
	f.log = f.log[:mark]
}

func (f *field) apply(o, d int32, amount money.Minor) {
	order, deal := &f.orders[o], &f.deals[d]
	order.places = addPlace(order.places, d, amount)
	deal.parts = addPart(deal.parts, o, amount)
	order.use(deal.values, amount)
	f.spend(order.purse, o, amount)
}

// spend takes an amount out of a purse, and out of the total of the order that spends it, if one does.
func (f *field) spend(p, by int32, amount money.Minor) {
	purse := &f.purses[p]
	var few [4]money.Minor // most lenders have a mandate or two
	before := few[:0]
	for _, o := range purse.orders {
		before = append(before, f.spendableBy(o))
	}
	purse.cash -= amount
	if by != nowhere {
		f.orders[by].left -= amount
	}
	for i, o := range purse.orders {
		f.refreshIdle(o)
		if f.tracking {
			f.track(o, before[i], f.spendableBy(o))
		}
	}
}

func (f *field) refreshIdle(o int32) {
	if f.spendableBy(o) >= f.book.Policy.UnitMinor && !f.orders[o].programme {
		f.idle.add(o)
	} else {
		f.idle.drop(o)
	}
}

// track keeps what the fitting lenders of every open deal could still put in.
func (f *field) track(o int32, before, after money.Minor) {
	perLoan, share := f.orders[o].perLoan, f.orders[o].share
	before, after = max(0, before), max(0, after)
	if min(before, perLoan) == min(after, perLoan) {
		return
	}
	for d := range f.orders[o].loans.both(f.open) {
		deal := &f.deals[d]
		most := max(0, mostIn(deal.principal, perLoan, share)-deal.oddment)
		deal.moneyMinor += min(after, most) - min(before, most)
	}
}

func addPlace(places []place, d int32, amount money.Minor) []place {
	for i := range places {
		if places[i].loan == d {
			places[i].amount += amount
			if places[i].amount == 0 {
				return slices.Delete(places, i, i+1)
			}
			return places
		}
	}
	return append(places, place{d, amount})
}

func addPart(parts []part, o int32, amount money.Minor) []part {
	for i := range parts {
		if parts[i].order == o {
			parts[i].amount += amount
			if parts[i].amount == 0 {
				return slices.Delete(parts, i, i+1)
			}
			return parts
		}
	}
	return append(parts, part{o, amount})
}
