package schedule_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// payment is a row due after whole months.
func payment(start calendar.Date, months int, amount money.Minor) schedule.Row {
	return schedule.Row{Number: months, Due: start.AddMonths(months), PrincipalMinor: amount}
}

func TestAllInRateByHand(t *testing.T) {
	start := date(t, "2024-01-15")
	odd := func(due string, amount money.Minor) schedule.Row {
		return schedule.Row{Number: 1, Due: date(t, due), PrincipalMinor: amount}
	}
	for name, c := range map[string]struct {
		principal money.Minor
		rows      []schedule.Row
		want      money.PPM
	}{
		"1 % in a month":                    {100_00, []schedule.Row{payment(start, 1, 101_00)}, 120_000},
		"2.01 % in two months is 1 % twice": {10_000_00, []schedule.Row{payment(start, 2, 10_201_00)}, 120_000},
		"a hair more is rounded up":         {10_000_00, []schedule.Row{payment(start, 1, 10_100_01)}, 120_012},
		"a third of a per cent, rounded up": {3_00, []schedule.Row{payment(start, 1, 3_01)}, 40_000},
		"a seventh of a per cent, likewise": {7_00, []schedule.Row{payment(start, 1, 7_01)}, 17_143},
		"15 odd days are half a month":      {100_00, []schedule.Row{odd("2024-01-30", 101_00)}, 240_000},
		"a month and 19 days, compounded":   {30_000_00, []schedule.Row{odd("2024-03-03", 30_491_90)}, 120_000},
		"a fen more, rounded up":            {30_000_00, []schedule.Row{odd("2024-03-03", 30_491_91)}, 120_003},
		"nothing on top":                    {100_00, []schedule.Row{payment(start, 1, 50_00), payment(start, 2, 50_00)}, 0},
		"less than was lent":                {100_00, []schedule.Row{payment(start, 1, 99_99)}, 0},
		"nothing at all":                    {100_00, nil, 0},
		"2 deducted up front, 100 back":     {98_00, []schedule.Row{payment(start, 12, 100_00)}, 20_220},
	} {
		got, err := schedule.AllInRatePPM(c.principal, start, c.rows)
		if err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", name, got, err, c.want)
		}
	}
}

func TestAllInRateRefusals(t *testing.T) {
	start := date(t, "2024-01-15")
	for name, c := range map[string]struct {
		principal money.Minor
		rows      []schedule.Row
		want      error
	}{
		"nothing lent":           {0, []schedule.Row{payment(start, 1, 1)}, schedule.ErrNegative},
		"a negative payment":     {5, []schedule.Row{payment(start, 1, -1)}, schedule.ErrNegative},
		"a negative charge":      {5, []schedule.Row{{Due: start + 1, FeesMinor: []money.Minor{-1}}}, schedule.ErrNegative},
		"due before the start":   {5, []schedule.Row{payment(start, -1, 1)}, schedule.ErrInterval},
		"due in disorder":        {5, []schedule.Row{payment(start, 2, 1), payment(start, 1, 1)}, schedule.ErrInterval},
		"due in eighty years":    {5, []schedule.Row{payment(start, 960, 1)}, schedule.ErrInterval},
		"more due on the spot":   {5, []schedule.Row{payment(start, 0, 6)}, schedule.ErrNoRate},
		"beyond any rate":        {1, []schedule.Row{payment(start, 1, 1_000_000)}, schedule.ErrNoRate},
		"a row beyond 64 bits":   {5, []schedule.Row{{Due: start + 1, PrincipalMinor: math.MaxInt64, InterestMinor: 1}}, money.ErrOverflow},
		"a total beyond 64 bits": {5, []schedule.Row{payment(start, 1, math.MaxInt64), payment(start, 2, 1)}, money.ErrOverflow},
	} {
		if got, err := schedule.AllInRatePPM(c.principal, start, c.rows); got != 0 || !errors.Is(err, c.want) {
			t.Errorf("%s: %d, %v; want %v", name, got, err, c.want)
		}
	}
}

// worth is the definition: what payments after whole months are worth at a rate.
func worth(rows []schedule.Row, start calendar.Date, rate money.PPM) *big.Rat {
	sum, discount, months := new(big.Rat), big.NewRat(1, 1), 0
	for _, row := range rows {
		total, _ := row.TotalMinor()
		for ; start.AddMonths(months) < row.Due; months++ {
			discount.Mul(discount, big.NewRat(12_000_000, 12_000_000+int64(rate)))
		}
		sum.Add(sum, new(big.Rat).Mul(discount, big.NewRat(int64(total), 1)))
	}
	return sum
}

// The rate is the least at which the payments are worth no more than what was lent, and charges never
// lower it.
func TestAllInRateIsTheLeastThatRepays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := monthly(rapid.SampledFrom(methods).Draw(t, "method")).Draw(t, "terms")
		terms.Rounding = rapid.SampledFrom(roundings).Draw(t, "rounding")
		plain, err := schedule.Generate(terms)
		if err != nil {
			t.Fatal(err)
		}
		terms.Charges = someCharges
		rows, err := schedule.Generate(terms)
		if err != nil {
			t.Fatal(err)
		}
		rate, err := schedule.AllInRatePPM(terms.PrincipalMinor, terms.Start, rows)
		if err != nil {
			t.Fatal(err)
		}
		lent := big.NewRat(int64(terms.PrincipalMinor), 1)
		if worth(rows, terms.Start, rate).Cmp(lent) > 0 || rate > 0 && worth(rows, terms.Start, rate-1).Cmp(lent) <= 0 {
			t.Fatalf("%d ppm is not the least rate that repays", rate)
		}
		if without, err := schedule.AllInRatePPM(terms.PrincipalMinor, terms.Start, plain); err != nil || without >= rate {
			t.Fatalf("%d ppm without charges, %v; %d with them", without, err, rate)
		}
	})
}

// Without charges the all-in rate of a monthly loan is its own rate: what is left is the rounding of
// the payments to the minor unit, and that of the rate upwards.
func TestAllInRateOfAPlainLoanIsItsRate(t *testing.T) {
	for _, method := range methods[:3] {
		for rate := money.PPM(36_500); rate <= 360_000; rate += 12_345 {
			for _, months := range []int{1, 6, 12, 36, 60} {
				start := date(t, "2024-01-15")
				rows, err := schedule.Generate(schedule.Terms{
					PrincipalMinor: 1_000_000_00, RatePPM: rate, Instalments: months, Method: method,
					DayCount: calendar.Thirty360, Start: start,
				})
				if err != nil {
					t.Fatal(err)
				}
				if got, err := schedule.AllInRatePPM(1_000_000_00, start, rows); err != nil || got < rate-1 || got > rate+1 {
					t.Errorf("%s over %d months at %d ppm: all-in %d, %v", method, months, rate, got, err)
				}
			}
		}
	}
}

func BenchmarkAllInRate(b *testing.B) {
	terms := everydayTerms()
	terms.Charges = someCharges
	rows, err := schedule.Generate(terms)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := schedule.AllInRatePPM(terms.PrincipalMinor, terms.Start, rows); err != nil {
			b.Fatal(err)
		}
	}
}
