package matching

import (
	"cmp"
	"slices"
	"strings"
)

// profile is all that Misfit asks of a mandate but whose it is. Many mandates share one, so obstacles of
// a loan are counted by profile.
type profile struct {
	platform, custodian, currency, grades string
	class, maxRisk, shortest, longest     int
	floor                                 int64
	unusable                              Obstacle
}

func (o *order) profile() profile {
	m := o.mandate
	return profile{
		m.Platform, m.Custodian, string(m.Currency), strings.Join(m.Grades, "\x00"),
		o.lender.Class, m.MaxRisk, m.MinInstalments, m.MaxInstalments, int64(m.MinRatePPM), o.unusable,
	}
}

// alike are the orders of one profile.
type alike struct {
	first  *order
	anyone Lender // of the same class, and nobody's borrower
	count  int
}

// crowd is all lenders' orders by profile.
type crowd struct {
	profiles []alike
	own      map[string][]*order // by lender
}

func (f *field) crowd() crowd {
	c := crowd{own: map[string][]*order{}}
	numbers := map[profile]int{}
	for i := range f.orders {
		o := &f.orders[i]
		if o.programme {
			continue
		}
		key := o.profile()
		number, known := numbers[key]
		if !known {
			number = len(c.profiles)
			numbers[key] = number
			c.profiles = append(c.profiles, alike{first: o, anyone: Lender{Class: o.lender.Class}})
		}
		c.profiles[number].count++
		c.own[o.lender.ID] = append(c.own[o.lender.ID], o)
	}
	return c
}

// hindered counts why the mandates that do not fit a deal do not.
func (f *field) hindered(c crowd, deal *deal) []Hindered {
	var counts tally
	for i := range c.profiles {
		p := &c.profiles[i]
		counts.add(f.obstacle(p.first, &p.anyone, deal), p.count)
	}
	for _, o := range c.own[deal.request.Borrower] {
		counts.add(f.obstacle(o, &Lender{Class: o.lender.Class}, deal), -1)
		counts.add(f.obstacle(o, o.lender, deal), 1)
	}
	return counts.sorted()
}

func (f *field) obstacle(o *order, lender *Lender, deal *deal) Obstacle {
	if o.unusable != "" {
		return o.unusable
	}
	return misfit(lender, o.mandate, deal.request, f.book.On)
}

// tally counts obstacles. There are few, so a short list is faster than a map.
type tally []Hindered

func (t *tally) add(obstacle Obstacle, count int) {
	if obstacle == "" {
		return
	}
	for i := range *t {
		if (*t)[i].Obstacle == obstacle {
			(*t)[i].Count += count
			return
		}
	}
	*t = append(*t, Hindered{obstacle, count})
}

func (t tally) sorted() []Hindered {
	t = slices.DeleteFunc(t, func(h Hindered) bool { return h.Count == 0 })
	slices.SortFunc(t, func(a, b Hindered) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Obstacle, b.Obstacle))
	})
	return t
}
