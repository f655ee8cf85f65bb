package matching

import (
	"cmp"
	"slices"
)

// venue is where a loan is made; a mandate serves one.
type venue struct{ platform, custodian, currency string }

// shelves are sets of deals by what mandates ask of them. A mandate's loans are where its shelves meet.
type shelves struct {
	size      int
	everyday  bitset // not past their deadline, and of a term
	venues    map[venue]bitset
	risks     ladder
	grades    map[string]bitset
	rates     ladder
	terms     ladder
	borrowers map[string]bitset
}

// connect finds which orders fit which deals; fit by fit it is what Unusable and Misfit say.
func (f *field) connect() {
	s := f.shelve()
	for i := range f.orders {
		o := &f.orders[i]
		o.loans = newBitset(s.size)
		o.unusable = Unusable(*o.lender, *o.mandate, f.book.On)
		if !o.programme && o.unusable == "" {
			s.collect(o)
		}
		o.options = o.loans.count()
		for d := range o.loans.both(o.loans) {
			f.deals[d].fits.add(int32(i))
		}
		f.refreshIdle(int32(i))
	}
	for i := range f.deals {
		d := &f.deals[i]
		f.open.add(int32(i))
		for o := range d.fits.both(d.fits) {
			d.eligible++
			d.moneyMinor += max(0, min(f.spendableBy(o), f.mostIn(o, int32(i))))
		}
		d.eligibleMinor = d.moneyMinor
	}
}

func (f *field) shelve() *shelves {
	s := &shelves{
		size: len(f.deals), everyday: newBitset(len(f.deals)), venues: map[venue]bitset{},
		grades: map[string]bitset{}, borrowers: map[string]bitset{},
	}
	for i := range f.deals {
		d, r := int32(i), f.deals[i].request
		if f.book.On <= r.Deadline && r.Instalments >= 1 {
			s.everyday.add(d)
		}
		shelf(s.venues, venue{r.Platform, r.Custodian, string(r.Currency)}, s.size).add(d)
		shelf(s.grades, r.Grade, s.size).add(d)
		shelf(s.borrowers, r.Borrower, s.size).add(d)
	}
	s.risks = newLadder(f.deals, func(d deal) int64 { return int64(d.request.Risk) })
	s.rates = newLadder(f.deals, func(d deal) int64 { return int64(d.request.RatePPM) })
	s.terms = newLadder(f.deals, func(d deal) int64 { return int64(d.request.Instalments) })
	return s
}

func shelf[K comparable](shelves map[K]bitset, key K, size int) bitset {
	if shelves[key] == nil {
		shelves[key] = newBitset(size)
	}
	return shelves[key]
}

// collect fills an order's loans.
func (s *shelves) collect(o *order) {
	m := o.mandate
	there, known := s.venues[venue{m.Platform, m.Custodian, string(m.Currency)}]
	if !known {
		return
	}
	risk := o.lender.Class
	if m.MaxRisk > 0 {
		risk = min(risk, m.MaxRisk)
	}
	copy(o.loans, s.everyday)
	o.loans.keep(there)
	o.loans.keep(s.risks.below(int64(risk) + 1))
	o.loans.keep(s.terms.below(int64(m.MaxInstalments) + 1))
	o.loans.remove(s.terms.below(int64(m.MinInstalments)))
	o.loans.remove(s.rates.below(int64(m.MinRatePPM)))
	if own, borrows := s.borrowers[o.lender.ID]; borrows {
		o.loans.remove(own)
	}
	if len(m.Grades) == 0 {
		return
	}
	wanted := newBitset(s.size)
	for _, grade := range m.Grades {
		if s.grades[grade] != nil {
			wanted.join(s.grades[grade])
		}
	}
	o.loans.keep(wanted)
}

// ladder holds, for every value that occurs, the deals below it.
type ladder struct {
	values []int64  // ascending, each once
	sets   []bitset // sets[i] are the deals below values[i]; the last is all of them
}

func newLadder(deals []deal, value func(deal) int64) ladder {
	numbers := make([]int32, len(deals))
	for i := range numbers {
		numbers[i] = int32(i)
	}
	slices.SortFunc(numbers, func(a, b int32) int { return cmp.Compare(value(deals[a]), value(deals[b])) })
	var l ladder
	below := newBitset(len(deals))
	for _, d := range numbers {
		if v := value(deals[d]); len(l.values) == 0 || l.values[len(l.values)-1] != v {
			l.values, l.sets = append(l.values, v), append(l.sets, slices.Clone(below))
		}
		below.add(d)
	}
	l.sets = append(l.sets, below)
	return l
}

// below are the deals whose value is less than v.
func (l ladder) below(v int64) bitset {
	i, _ := slices.BinarySearch(l.values, v)
	return l.sets[i]
}
