package matching

import (
	"github.com/tallystick/tallystick/core/money"
)

// nowhere is no loan.
const nowhere int32 = -1

// purse is a lender's spendable cash, which all its mandates share.
type purse struct {
	cash   money.Minor
	orders []int32
}

// order is a mandate at work. Orders are numbered by precedence: whose money is idle longest first,
// equals by id.
type order struct {
	mandate   *Mandate
	lender    *Lender
	purse     int32
	left      money.Minor // of the total
	perLoan   money.Minor
	share     money.PPM // of a loan, at most
	bounds    []bound
	used      []usage
	loans     bitset // that it fits
	options   int    // how many of those are still open in the greedy pass
	places    []place
	programme bool     // serves a programme and nothing else
	unusable  Obstacle // for any loan today
}

// bound is a concentration limit; a value of any speaks of each value by itself.
type bound struct {
	dimension uint8
	value     int32
	most      money.Minor
}

// usage is what an order has out in one value of a dimension that it has a limit in.
type usage struct {
	dimension uint8
	value     int32
	amount    money.Minor
}

// anyValue is the value of a bound that speaks of each.
const anyValue int32 = -1

// place is what an order has put into a loan.
type place struct {
	loan   int32
	amount money.Minor
}

// deal is a request at work. Deals are numbered by the request's id.
type deal struct {
	request   *Request
	principal money.Minor
	values    [breadth]int32 // of borrower, grade, platform and industry
	fits      bitset         // orders
	parts     []part

	contributions []part      // of the programme's institutions
	need          money.Minor // from the platform's lenders, in whole units
	oddment       money.Minor // and what is left of a unit
	ticket        money.Minor

	eligible      int         // orders that fit
	eligibleMinor money.Minor // what they could put in before anything was lent
	moneyMinor    money.Minor // what they could put in still; kept in the greedy pass only

	status Status
	reason Reason
	fixed  bool // funded in part: nobody moves in or out any more
}

// part is what an order brings to a loan.
type part struct {
	order  int32
	amount money.Minor
}

// field is a book at work. All changes of who lends what go through give, so that they can be undone.
type field struct {
	book   *Book
	purses []purse
	orders []order
	deals  []deal

	open     bitset // deals that the greedy pass has not come to
	idle     bitset // orders with at least a unit to spend
	tracking bool   // whether moneyMinor is kept
	log      []change
	starving []int32 // deals that the greedy pass could not fill, in its order

	levels      []int32 // see level
	leastTicket money.Minor
	blocked     bitset
	steps       int // what the repair pass may still look at
	repairs     int // loans that it filled
}

// change is one change that can be undone.
type change struct {
	order, deal int32
	amount      money.Minor
}

// spendableBy is what an order may put out today in all.
func (f *field) spendableBy(o int32) money.Minor {
	return min(f.purses[f.orders[o].purse].cash, f.orders[o].left)
}

// mostIn is the most that an order may have in a deal, what completes the last unit kept aside.
func (f *field) mostIn(o, d int32) money.Minor {
	return mostIn(f.deals[d].principal, f.orders[o].perLoan, f.orders[o].share) - f.deals[d].oddment
}

// has is what an order has in a deal.
func (f *field) has(o, d int32) money.Minor {
	for _, p := range f.orders[o].places {
		if p.loan == d {
			return p.amount
		}
	}
	return 0
}

// capacity is how much more an order may have in a deal if cash were no matter. What it takes out of
// the deal it comes from makes room in the limits that both deals count towards.
func (f *field) capacity(o, d, from int32) money.Minor {
	held := f.has(o, d)
	if held == 0 && !f.mayEnter(o, d) {
		return 0
	}
	return max(0, min(f.mostIn(o, d)-held, f.unconcentrated(o, d, from)))
}

// room is how much more an order can put into a deal.
func (f *field) room(o, d int32) money.Minor {
	spendable := f.spendableBy(o)
	if spendable <= 0 {
		return 0
	}
	return min(spendable, f.capacity(o, d, nowhere))
}

// mayEnter wants a seat that is free, and the lender not seated already under another mandate: the
// contract takes a lender once.
func (f *field) mayEnter(o, d int32) bool {
	if len(f.deals[d].parts) >= f.book.Policy.MaxLenders {
		return false
	}
	for _, other := range f.purses[f.orders[o].purse].orders {
		if other != o && f.has(other, d) > 0 {
			return false
		}
	}
	return true
}

// unconcentrated is what the concentration limits leave for a deal.
func (f *field) unconcentrated(o, d, from int32) money.Minor {
	left := mostMinor
	for _, b := range f.orders[o].bounds {
		value := f.deals[d].values[b.dimension]
		if b.value != anyValue && b.value != value {
			continue
		}
		if from != nowhere && f.deals[from].values[b.dimension] == value {
			continue
		}
		left = min(left, b.most-f.orders[o].usedIn(b.dimension, value))
	}
	return left
}

func (o *order) usedIn(dimension uint8, value int32) money.Minor {
	for _, u := range o.used {
		if u.dimension == dimension && u.value == value {
			return u.amount
		}
	}
	return 0
}

// use counts an amount towards the dimensions that the order has limits in.
func (o *order) use(values [breadth]int32, amount money.Minor) {
	counted := [breadth]bool{}
	for _, b := range o.bounds {
		if counted[b.dimension] {
			continue
		}
		counted[b.dimension] = true
		o.useIn(b.dimension, values[b.dimension], amount)
	}
}

func (o *order) useIn(dimension uint8, value int32, amount money.Minor) {
	for i := range o.used {
		if o.used[i].dimension == dimension && o.used[i].value == value {
			o.used[i].amount += amount
			return
		}
	}
	o.used = append(o.used, usage{dimension, value, amount})
}

// portion is how much of what is available a deal takes when it still wants so much: whole units, a
// ticket or more from somebody new, and never so much that less than a ticket is left to find.
func (f *field) portion(d int32, isNew bool, want, available money.Minor) money.Minor {
	ticket := f.deals[d].ticket
	amount := min(want, available)
	amount -= amount % f.book.Policy.UnitMinor
	if rest := want - amount; rest > 0 && rest < ticket {
		amount = want - ticket
	}
	if amount <= 0 || isNew && amount < ticket {
		return 0
	}
	return amount
}

// take has an order put into a deal what it can of what is wanted, and answers how much that is.
func (f *field) take(o, d int32, want money.Minor) money.Minor {
	amount := f.portion(d, f.has(o, d) == 0, want, f.room(o, d))
	if amount > 0 {
		f.give(o, d, amount)
	}
	return amount
}
