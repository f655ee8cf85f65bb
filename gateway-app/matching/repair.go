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
		f.level(nowhere)
		movable := f.movableMinor()
		for _, d := range f.starving {
			if f.deals[d].need <= movable && f.worthTrying(d) && f.refill(d) {
				filled = true
				f.repairs++
				f.deals[d].status, f.deals[d].reason = Filled, FilledByRepair
				f.level(nowhere)
				movable = f.movableMinor()
			}
		}
	}
	f.starving = slices.DeleteFunc(f.starving, func(d int32) bool { return f.deals[d].status == Filled })
}

// worthTrying leaves out deals that no moves can fill, and institutions alone have failed to.
func (f *field) worthTrying(d int32) bool {
	deal := &f.deals[d]
	return deal.status != Filled && deal.need > 0 && deal.eligibleMinor >= deal.need && f.levels[d] > 0 && f.steps > 0
}

// movableMinor is the idle money that could go anywhere at all. Purses with less than a ticket are left
// out here and in nearIdle: they top up where they are, but nobody moves for them.
func (f *field) movableMinor() money.Minor {
	var sum money.Minor
	for o := range f.idle.both(f.idle) {
		spendable, could := f.spendableBy(o), money.Minor(0)
		if spendable < f.leastTicket {
			continue
		}
		for d := range f.orders[o].loans.both(f.orders[o].loans) {
			f.steps--
			if could += f.room(o, d); could >= spendable {
				break
			}
		}
		sum += min(spendable, could)
	}
	return sum
}

// refill fills a deal whole with moves, or leaves everything as it was. It takes what is near first;
// then it measures the distances again, as long as more comes.
func (f *field) refill(d int32) bool {
	f.log = f.log[:0]
	if reason := f.contribute(d); reason != "" {
		f.rollBack(0)
		return false
	}
	base := slices.Clone(f.levels)
	if f.pullAll(d) == f.deals[d].need {
		return true
	}
	f.rollBack(0)
	copy(f.levels, base)
	return false
}

// pullAll brings what it can of a deal's need into it.
func (f *field) pullAll(d int32) money.Minor {
	need := f.deals[d].need
	left := need
	for f.levels[d] > 0 {
		clear(f.blocked)
		came := f.pull(d, left)
		left -= came
		if left == 0 || came == 0 || f.steps <= 0 {
			break
		}
		f.level(d)
	}
	return need - left
}

// level numbers the deals by how many moves away idle money is: 1 for those that it can go into itself,
// 0 for those that it cannot reach at all. What is fixed is out of reach. It goes no further than a
// target, unless that is nowhere.
func (f *field) level(target int32) {
	clear(f.levels)
	seen := newBitset(len(f.deals))
	for d := range f.deals {
		if f.deals[d].fixed {
			seen.add(int32(d))
		}
	}
	queue := f.nearIdle(seen)
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		if target != nowhere && f.levels[target] > 0 && f.levels[from] >= f.levels[target]-1 {
			return
		}
		for _, p := range f.deals[from].parts {
			for d := range f.orders[p.order].loans.butNot(seen) {
				f.steps--
				if min(p.amount, f.capacity(p.order, d, from)) >= f.threshold(p.order, d) {
					seen.add(d)
					f.levels[d] = f.levels[from] + 1
					queue = append(queue, d)
				}
			}
		}
	}
}

// nearIdle levels the deals that idle money can go into itself, and lists them.
func (f *field) nearIdle(seen bitset) []int32 {
	var near []int32
	for o := range f.idle.both(f.idle) {
		if f.spendableBy(o) < f.leastTicket {
			continue
		}
		for d := range f.orders[o].loans.butNot(seen) {
			f.steps--
			if f.room(o, d) >= f.threshold(o, d) {
				seen.add(d)
				f.levels[d] = 1
				near = append(near, d)
			}
		}
	}
	return near
}

// threshold is the least that an order can put into a deal: a unit when it is there, else a ticket.
func (f *field) threshold(o, d int32) money.Minor {
	if f.has(o, d) > 0 {
		return f.book.Policy.UnitMinor
	}
	return f.deals[d].ticket
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
