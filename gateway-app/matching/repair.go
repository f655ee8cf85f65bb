package matching

import (
	"slices"

	"github.com/tallystick/tallystick/core/money"
)

// repair tries the starving deals again, the scarcest first. What fits such a deal is lent elsewhere;
// so a lender moves over from a deal that idle money, directly or by more such moves, can make whole
// again. In the language of flows these are augmenting paths, searched along levels as Dinic does.
func (f *field) repair() {
	for filled := len(f.starving) > 0; filled && f.steps > 0; {
		filled = false
		f.level()
		stale := false
		for _, d := range f.starving {
			if f.deals[d].status == Filled || !f.worthTrying(d) {
				continue
			}
			whole := f.refill(d)
			if !whole && stale {
				f.level()
				stale = false
				whole = f.refill(d)
			}
			if whole {
				stale, filled = true, true
				f.repairs++
				f.deals[d].status, f.deals[d].reason = Filled, FilledByRepair
			}
		}
	}
	f.starving = slices.DeleteFunc(f.starving, func(d int32) bool { return f.deals[d].status == Filled })
}

// worthTrying leaves out deals that no moves can fill.
func (f *field) worthTrying(d int32) bool {
	deal := &f.deals[d]
	if deal.need == 0 || deal.eligible == 0 || deal.eligibleMinor < deal.need {
		return false
	}
	return f.steps > 0 && f.levels[d] > 0
}

// refill fills a deal whole with moves, or leaves everything as it was.
func (f *field) refill(d int32) bool {
	f.log = f.log[:0]
	clear(f.blocked)
	if reason := f.contribute(d); reason != "" {
		f.rollBack(0)
		return false
	}
	if f.pull(d, f.deals[d].need) == f.deals[d].need {
		return true
	}
	f.rollBack(0)
	return false
}

// level numbers the deals by how many moves away idle money is: 1 for those that it can go into itself,
// 0 for those that it cannot reach at all. What is fixed is out of reach.
func (f *field) level() {
	clear(f.levels)
	seen := newBitset(len(f.deals))
	for d := range f.deals {
		if f.deals[d].fixed {
			seen.add(int32(d))
		}
	}
	var queue []int32
	reach := func(d, level int32) {
		seen.add(d)
		f.levels[d] = level
		queue = append(queue, d)
	}
	unit := f.book.Policy.UnitMinor
	for o := range f.idle.both(f.idle) {
		for d := range f.orders[o].loans.butNot(seen) {
			f.steps--
			if f.room(o, d) >= unit {
				reach(d, 1)
			}
		}
	}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		for _, p := range f.deals[from].parts {
			for d := range f.orders[p.order].loans.butNot(seen) {
				f.steps--
				if min(p.amount, f.capacity(p.order, d, from)) >= unit {
					reach(d, f.levels[from]+1)
				}
			}
		}
	}
}

// pull brings what it can of a wanted amount into a deal, and answers how much. It takes idle money
// first, the longest idle before others, and then moves lenders over.
func (f *field) pull(d int32, want money.Minor) money.Minor {
	left := want
	for o := range f.deals[d].fits.both(f.idle) {
		f.steps--
		if left -= f.take(o, d, left); left == 0 {
			return want
		}
	}
	if f.levels[d] <= 1 {
		return want - left
	}
	for o := range f.deals[d].fits.both(f.deals[d].fits) {
		for _, p := range slices.Clone(f.orders[o].places) {
			if f.steps--; f.steps < 0 {
				return want - left
			}
			if left -= f.move(o, p.loan, d, left); left == 0 {
				return want
			}
		}
	}
	return want - left
}

// move takes an order out of one deal and puts it into another, as far as other money takes its place.
// It answers how much moved.
func (f *field) move(o, from, to int32, want money.Minor) money.Minor {
	if from == to || f.levels[from] == 0 || f.levels[from] >= f.levels[to] || f.blocked.has(from) {
		return 0
	}
	available := min(f.leavable(o, from, want), f.capacity(o, to, from))
	amount := f.portion(to, f.has(o, to) == 0, want, available)
	amount = f.leavable(o, from, amount)
	if amount == 0 || amount != f.portion(to, f.has(o, to) == 0, want, amount) {
		return 0
	}
	mark := len(f.log)
	f.give(o, from, -amount)
	f.spend(f.orders[o].purse, nowhere, amount) // kept back, so that it is not what takes its own place
	came := f.pull(from, amount)
	f.spend(f.orders[o].purse, nowhere, -amount)
	if came == 0 {
		f.blocked.add(from)
	}
	if came == 0 || !f.stay(o, from, amount-came) ||
		came != f.portion(to, f.has(o, to) == 0, want, came) || f.room(o, to) < came {
		f.rollBack(mark)
		return 0
	}
	f.give(o, to, came)
	return came
}

// stay puts what nobody replaced back where it was, unless its seat was taken meanwhile or it is less
// than a ticket.
func (f *field) stay(o, d int32, amount money.Minor) bool {
	if amount > 0 {
		if f.has(o, d) == 0 && !f.mayEnter(o, d) {
			return false
		}
		f.give(o, d, amount)
	}
	has := f.has(o, d)
	return has == 0 || has >= f.deals[d].ticket
}

// leavable is how much of an amount an order can take out of a deal: all that it has there, or as much
// as leaves a ticket.
func (f *field) leavable(o, d int32, want money.Minor) money.Minor {
	has := f.has(o, d)
	if want >= has {
		return has
	}
	return max(0, min(want, has-f.deals[d].ticket))
}
