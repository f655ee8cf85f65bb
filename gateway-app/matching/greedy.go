package matching

import (
	"math/bits"
	"slices"

	"github.com/tallystick/tallystick/core/money"
)

// greedy fills deals one by one, the scarcest first, as far as they can be filled whole.
func (f *field) greedy() {
	f.tracking = true
	for range f.deals {
		d := f.scarcest()
		f.open.drop(d)
		f.log = f.log[:0]
		if f.fillWhole(d) {
			f.deals[d].status, f.deals[d].reason = Filled, FilledAtFirst
		} else {
			f.rollBack(0)
			f.starving = append(f.starving, d)
		}
		for o := range f.deals[d].fits.both(f.deals[d].fits) {
			f.orders[o].options--
		}
	}
	f.tracking = false
}

// scarcest is the open deal with the least fitting money for what it needs; equals by id.
func (f *field) scarcest() int32 {
	best := nowhere
	for d := range f.open.both(f.open) {
		if best == nowhere || scarcer(&f.deals[d], &f.deals[best]) {
			best = d
		}
	}
	return best
}

// scarcer compares money over need without dividing.
func scarcer(a, b *deal) bool {
	high1, low1 := bits.Mul64(uint64(a.moneyMinor), uint64(b.need))
	high2, low2 := bits.Mul64(uint64(b.moneyMinor), uint64(a.need))
	return high1 < high2 || high1 == high2 && low1 < low2
}

// fillWhole fills a deal and says whether it could. If not, the caller rolls back.
func (f *field) fillWhole(d int32) bool {
	deal := &f.deals[d]
	if reason := f.contribute(d); reason != "" {
		deal.reason = reason
		return false
	}
	if deal.need == 0 {
		return true
	}
	switch {
	case deal.eligible == 0:
		deal.reason = NoMandateFits
		return false
	case deal.eligibleMinor < deal.need:
		deal.reason = TooLittleFits
		return false
	case deal.moneyMinor < deal.need:
		deal.reason = LentElsewhere
		return false
	}
	candidates, together := f.candidates(d)
	if together < deal.need {
		deal.reason = LentElsewhere
		return false
	}
	left := deal.need
	for _, o := range candidates {
		if left -= f.take(o, d, left); left == 0 {
			return true
		}
	}
	if left = f.seatLarger(d, candidates, left); left == 0 {
		return true
	}
	deal.reason = LentElsewhere
	if len(deal.parts) >= f.book.Policy.MaxLenders {
		deal.reason = LendersTooSmall
	}
	return false
}

// candidates are the orders that fit a deal and have a ticket to spend, by precedence, and what they
// could put in together.
func (f *field) candidates(d int32) ([]int32, money.Minor) {
	var keys []uint64
	var together money.Minor
	for o := range f.deals[d].fits.both(f.idle) {
		if room := min(f.spendableBy(o), f.mostIn(o, d)); room >= f.deals[d].ticket {
			keys = append(keys, uint64(f.band(f.orders[o].options))<<32|uint64(o))
			together += room
		}
	}
	if together < f.deals[d].need {
		return nil, together
	}
	slices.Sort(keys)
	orders := make([]int32, len(keys))
	for i, key := range keys {
		orders[i] = int32(key & (1<<32 - 1))
	}
	return orders, together
}

// band is which lenders count as equals: those of one band.
func (f *field) band(options int) int {
	switch f.book.Policy.Precedence {
	case OptionsDoubling:
		return bits.Len(uint(options))
	case LongestIdle:
		return 0
	}
	return options
}

// seatLarger gives the seats of the smallest lenders to larger ones, while all seats are taken and
// money is missing. It answers what is missing still.
func (f *field) seatLarger(d int32, candidates []int32, left money.Minor) money.Minor {
	deal := &f.deals[d]
	for _, o := range f.byRoom(d, candidates) {
		if left == 0 || len(deal.parts) < f.book.Policy.MaxLenders {
			return left
		}
		smallest, ok := f.smallest(d)
		if !ok || f.has(o, d) > 0 {
			continue
		}
		mark := len(f.log)
		f.give(smallest.order, d, -smallest.amount)
		taken := f.take(o, d, left+smallest.amount)
		if taken <= smallest.amount {
			f.rollBack(mark)
			continue
		}
		left -= taken - smallest.amount
	}
	return left
}

// byRoom orders candidates by what they could put in if a seat were free, the largest first.
func (f *field) byRoom(d int32, candidates []int32) []int32 {
	if len(f.deals[d].parts) < f.book.Policy.MaxLenders {
		return nil
	}
	list := slices.Clone(candidates)
	could := make(map[int32]money.Minor, len(list))
	for _, o := range list {
		could[o] = min(f.spendableBy(o), f.mostIn(o, d), f.unconcentrated(o, d, nowhere))
	}
	slices.SortStableFunc(list, func(a, b int32) int { return int(could[b] - could[a]) })
	return list
}

// smallest is the least part that a lender of the platform brings; equals by precedence, last first.
func (f *field) smallest(d int32) (part, bool) {
	var least part
	found := false
	for _, p := range f.deals[d].parts {
		if f.orders[p.order].programme {
			continue
		}
		if !found || p.amount < least.amount || p.amount == least.amount && p.order > least.order {
			least, found = p, true
		}
	}
	return least, found
}
