package matching

import (
	"cmp"
	"slices"
)

// canonical is the book in the one order that its digest and the match are made from. It leaves what
// it was given as it was.
func (b Book) canonical() Book {
	b.Lenders = sorted(b.Lenders, func(a, c Lender) int { return cmp.Compare(a.ID, c.ID) })
	b.Requests = sorted(b.Requests, func(a, c Request) int { return cmp.Compare(a.ID, c.ID) })
	b.Mandates = sorted(b.Mandates, func(a, c Mandate) int { return cmp.Compare(a.ID, c.ID) })
	for i := range b.Mandates {
		m := &b.Mandates[i]
		m.Grades = slices.Compact(sorted(m.Grades, cmp.Compare))
		m.Limits = sorted(m.Limits, compareLimits)
		m.Lent = sorted(m.Lent, compareLent)
	}
	b.Programmes = sorted(b.Programmes, func(a, c Programme) int { return cmp.Compare(a.ID, c.ID) })
	for i := range b.Programmes {
		p := &b.Programmes[i]
		p.Contributions = sorted(p.Contributions, func(a, c Contribution) int { return cmp.Compare(a.Mandate, c.Mandate) })
	}
	return b
}

// sorted is a sorted copy; an empty list and none are the same.
func sorted[T any](list []T, compare func(a, b T) int) []T {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.SortFunc(list, compare)
	return list
}

func compareLimits(a, b Limit) int {
	return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(a.Value, b.Value), cmp.Compare(a.MostMinor, b.MostMinor))
}

func compareLent(a, b Lent) int {
	return cmp.Or(cmp.Compare(a.Borrower, b.Borrower), cmp.Compare(a.Grade, b.Grade),
		cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Industry, b.Industry),
		cmp.Compare(a.AmountMinor, b.AmountMinor))
}
