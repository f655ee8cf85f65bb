package matching

import (
	"cmp"
	"slices"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/split"
)

// dimensions numbers what concentration limits count by.
var dimensions = map[Dimension]uint8{ByBorrower: 0, ByGrade: 1, ByPlatform: 2, ByIndustry: 3}

// breadth is how many dimensions there are.
const breadth = 4

// names numbers the values of each dimension.
type names [breadth]map[string]int32

func (n *names) of(dimension uint8, value string) int32 {
	if n[dimension] == nil {
		n[dimension] = map[string]int32{}
	}
	number, known := n[dimension][value]
	if !known {
		number = int32(len(n[dimension]))
		n[dimension][value] = number
	}
	return number
}

func (n *names) all(borrower, grade, platform, industry string) [breadth]int32 {
	return [breadth]int32{n.of(0, borrower), n.of(1, grade), n.of(2, platform), n.of(3, industry)}
}

// compile puts a checked, canonical book to work.
func compile(book Book) *field {
	f := &field{book: &book, steps: book.Policy.RepairSteps}
	var values names
	numbers := f.addPurses()
	mandates := f.addOrders(numbers, &values)
	f.addDeals(&values, mandates)
	f.connect()
	return f
}

func (f *field) addPurses() map[string]int32 {
	numbers := make(map[string]int32, len(f.book.Lenders))
	f.purses = make([]purse, len(f.book.Lenders))
	for i, l := range f.book.Lenders {
		numbers[l.ID] = int32(i)
		f.purses[i].cash = f.book.Policy.Spendable(l)
	}
	return numbers
}

// addOrders numbers the mandates by precedence.
func (f *field) addOrders(purses map[string]int32, values *names) map[string]int32 {
	f.orders = make([]order, len(f.book.Mandates))
	for i := range f.book.Mandates {
		m := &f.book.Mandates[i]
		p := purses[m.Lender]
		f.orders[i] = order{
			mandate: m, lender: &f.book.Lenders[p], purse: p, left: m.RemainingMinor(),
			perLoan: m.PerLoanMinor, share: m.MaxShareOfLoanPPM,
		}
	}
	slices.SortFunc(f.orders, func(a, b order) int {
		return cmp.Or(cmp.Compare(f.idleSince(a.lender), f.idleSince(b.lender)), cmp.Compare(a.mandate.ID, b.mandate.ID))
	})
	numbers := make(map[string]int32, len(f.orders))
	for i := range f.orders {
		o := &f.orders[i]
		numbers[o.mandate.ID] = int32(i)
		f.purses[o.purse].orders = append(f.purses[o.purse].orders, int32(i))
		o.addBounds(values)
	}
	for _, p := range f.book.Programmes {
		for _, c := range p.Contributions {
			f.orders[numbers[c.Mandate]].programme = true
		}
	}
	return numbers
}

// idleSince is since when a lender's money is idle; what nobody knows is since today.
func (f *field) idleSince(l *Lender) int {
	if l.IdleSince.IsZero() {
		return int(f.book.On)
	}
	return int(l.IdleSince)
}

func (o *order) addBounds(values *names) {
	for _, limit := range o.mandate.Limits {
		dimension, value := dimensions[limit.By], anyValue
		if limit.Value != "" {
			value = values.of(dimension, limit.Value)
		}
		o.bounds = append(o.bounds, bound{dimension, value, limit.MostMinor})
	}
	if len(o.bounds) == 0 {
		return
	}
	for _, lent := range o.mandate.Lent {
		o.use(values.all(lent.Borrower, lent.Grade, lent.Platform, lent.Industry), lent.AmountMinor)
	}
}

func (f *field) addDeals(values *names, mandates map[string]int32) {
	f.deals = make([]deal, len(f.book.Requests))
	f.levels = make([]int32, len(f.deals))
	f.blocked, f.open, f.idle = newBitset(len(f.deals)), newBitset(len(f.deals)), newBitset(len(f.orders))
	programmes := make(map[string]*Programme, len(f.book.Programmes))
	for i := range f.book.Programmes {
		programmes[f.book.Programmes[i].ID] = &f.book.Programmes[i]
	}
	unit := f.book.Policy.UnitMinor
	f.leastTicket = f.book.Policy.TicketMinor
	for i := range f.book.Requests {
		r, d := &f.book.Requests[i], &f.deals[i]
		d.request, d.principal, d.fits = r, r.PrincipalMinor, newBitset(len(f.orders))
		d.values = values.all(r.Borrower, r.Grade, r.Platform, r.Industry)
		lendersMinor := r.PrincipalMinor
		if p := programmes[r.Programme]; p != nil {
			var institutions []money.Minor
			institutions, lendersMinor = p.Divide(r.PrincipalMinor)
			d.contributions = p.contributions(institutions, mandates)
		}
		d.oddment = lendersMinor % unit
		d.need = lendersMinor - d.oddment
		ticket := max(f.book.Policy.TicketMinor, (r.MinShareMinor+unit-1)/unit*unit)
		d.ticket = min(ticket, d.need)
		f.leastTicket = min(f.leastTicket, d.ticket)
	}
}

// Divide is what each institution brings to a principal, to the fen, in the order of the contributions,
// and what is left for the platform's lenders.
func (p Programme) Divide(principal money.Minor) (institutions []money.Minor, lenders money.Minor) {
	weights := make([]int64, 0, len(p.Contributions)+1)
	rest := int64(money.Million)
	for _, c := range p.Contributions {
		weights = append(weights, int64(c.RatioPPM))
		rest -= int64(c.RatioPPM)
	}
	// A checked programme's ratios sum to a million at most, and the rest completes it: never refused.
	amounts, _ := split.Largest(principal, append(weights, rest))
	return amounts[:len(p.Contributions)], amounts[len(p.Contributions)]
}

// contributions are the parts that a programme's institutions bring.
func (p Programme) contributions(institutions []money.Minor, mandates map[string]int32) []part {
	var parts []part
	for i, c := range p.Contributions {
		if institutions[i] > 0 {
			parts = append(parts, part{mandates[c.Mandate], institutions[i]})
		}
	}
	return parts
}
