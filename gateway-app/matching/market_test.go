package matching_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
)

var today = calendar.NewDate(2016, 3, 1)

var grades = []string{"A", "B", "C", "D", "E", "F", "G"}

// riskOf is the product risk of each grade.
var riskOf = map[string]int{"A": 1, "B": 2, "C": 3, "D": 4, "E": 4, "F": 5, "G": 5}

// market draws a book of so many mandates and loans, whose lenders have supply times the money that the
// loans want. The same seed draws the same book.
func market(mandates, loans int, supply float64, seed uint64) matching.Book {
	r := rand.New(rand.NewPCG(seed, 1))
	book := matching.Book{On: today, Currency: money.CNY, Policy: matching.DefaultPolicy()}
	var wanted money.Minor
	for i := range loans {
		book.Requests = append(book.Requests, drawRequest(r, i, loans))
		wanted += book.Requests[i].PrincipalMinor
	}
	weights := make([]float64, mandates*19/20)
	var sum float64
	for i := range weights {
		weights[i] = math.Exp(r.NormFloat64())
		sum += weights[i]
	}
	for i, w := range weights {
		book.Lenders = append(book.Lenders, drawLender(r, i, money.Minor(supply*float64(wanted)*w/sum)))
	}
	for i := range mandates {
		book.Mandates = append(book.Mandates, drawMandate(r, i, book.Lenders[i%len(book.Lenders)]))
	}
	return book
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func drawRequest(r *rand.Rand, i, loans int) matching.Request {
	grade := pick(r, "A", "A", "B", "B", "B", "C", "C", "C", "C", "D", "D", "D", "E", "E", "F", "G")
	yuan := 2_000 + int64(18_000*math.Exp(.9*r.NormFloat64()))
	q := matching.Request{
		ID: fmt.Sprintf("l-%04d", i), Borrower: fmt.Sprintf("b-%d", r.IntN(max(1, loans*19/20))), Platform: "harbor",
		Custodian: "meridian", Currency: money.CNY, Industry: pick(r, "retail", "farming", "crafts", "transport", "care"),
		Grade: grade, Risk: riskOf[grade], Instalments: pick(r, 6, 12, 12, 24, 36),
		RatePPM:        money.PPM(55_000 + 22_000*int(grade[0]-'A') + r.IntN(20_000)),
		PrincipalMinor: money.Minor(min(yuan, 200_000)/100) * 100_00,
		Deadline:       today.AddDays(r.IntN(10)), Shortfall: matching.AllOrNothing,
	}
	if r.IntN(2) == 0 {
		q.Shortfall = pick(r, matching.PartAtOnce, matching.PartAtDeadline)
		q.LeastMinor = q.PrincipalMinor / 10 * money.Minor(5+r.IntN(4))
	}
	return q
}

func drawLender(r *rand.Rand, i int, cash money.Minor) matching.Lender {
	return matching.Lender{
		ID: fmt.Sprintf("p-%05d", i), CashMinor: cash, IdleSince: today.AddDays(-r.IntN(90)),
		Class: pick(r, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6), ClassThrough: today.AddDays(r.IntN(365)),
	}
}

func drawMandate(r *rand.Rand, i int, lender matching.Lender) matching.Mandate {
	total := max(lender.CashMinor, 1_000_00)
	m := matching.Mandate{
		ID: fmt.Sprintf("m-%05d", i), Lender: lender.ID, Platform: "harbor", Custodian: "meridian", Currency: money.CNY,
		Confirmed: today.AddDays(-100), Expires: today.AddDays(r.IntN(300)), TotalMinor: total,
		PerLoanMinor: max(500_00, total/money.Minor(1+r.IntN(6))), MinRatePPM: money.PPM(r.IntN(12) * 10_000),
		MaxInstalments: pick(r, 12, 24, 36, 36), MaxShareOfLoanPPM: money.PPM(50_000 + r.IntN(5)*50_000),
	}
	if r.IntN(3) == 0 {
		from := r.IntN(4)
		m.Grades = grades[from : from+3]
	}
	if r.IntN(4) == 0 {
		m.Limits = append(m.Limits, matching.Limit{By: matching.ByGrade, MostMinor: total / 2})
	}
	if r.IntN(4) == 0 {
		m.Limits = append(m.Limits, matching.Limit{By: matching.ByBorrower, MostMinor: m.PerLoanMinor})
	}
	return m
}
