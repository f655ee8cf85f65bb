package schedule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

var (
	methods = []schedule.Method{
		schedule.EqualInstalment, schedule.EqualPrincipal, schedule.InterestOnly, schedule.Bullet,
	}
	dayCounts = []calendar.DayCount{
		calendar.Actual360, calendar.Actual365, calendar.ActualActualISDA, calendar.Thirty360, calendar.Thirty360E,
	}
	roundings = []money.Rounding{money.Down, money.Up, money.HalfUp, money.HalfEven}
)

// anyTerms draws everything that Validate lets through, the absurd included.
func anyTerms() *rapid.Generator[schedule.Terms] {
	return rapid.Custom(func(t *rapid.T) schedule.Terms {
		principal := rapid.OneOf(rapid.Int64Range(1, 300), rapid.Int64Range(1, 100_000_000), rapid.Int64Range(1, int64(schedule.MaxPrincipalMinor)))
		rate := rapid.OneOf(rapid.Int64Range(0, 400_000), rapid.Int64Range(0, int64(schedule.MaxRatePPM)))
		terms := schedule.Terms{
			PrincipalMinor: money.Minor(principal.Draw(t, "principal")),
			RatePPM:        money.PPM(rate.Draw(t, "rate")),
			Instalments:    rapid.OneOf(rapid.IntRange(1, 60), rapid.IntRange(1, schedule.MaxInstalments)).Draw(t, "instalments"),
			Method:         rapid.SampledFrom(methods).Draw(t, "method"),
			DayCount:       rapid.SampledFrom(dayCounts).Draw(t, "day count"),
			Start:          calendar.Date(rapid.Int32Range(10_000, 40_000).Draw(t, "start")),
			MonthEnd:       rapid.SampledFrom([]calendar.MonthEndRule{"", calendar.Clamp, calendar.Roll}).Draw(t, "month end"),
			Rounding:       rapid.SampledFrom(append(roundings, "")).Draw(t, "rounding"),
		}
		if rapid.Bool().Draw(t, "odd first period") {
			terms.FirstDue = terms.Start.AddDays(rapid.IntRange(1, 3650).Draw(t, "first period"))
		}
		if terms.Method == schedule.EqualInstalment || terms.Method == schedule.EqualPrincipal {
			terms.InstalmentMultipleMinor = min(rapid.SampledFrom([]money.Minor{0, 1, 100, 1000}).Draw(t, "multiple"), terms.PrincipalMinor)
		}
		terms.Charges = rapid.SampledFrom([][]schedule.Charge{nil, someCharges}).Draw(t, "charges")
		return terms
	})
}

var someCharges = []schedule.Charge{
	{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 100_000},
	{Payee: schedule.PayeeGuarantor, Basis: schedule.BasisPrincipal, PPM: 3_000},
	{Payee: schedule.PayeeCustodian, Basis: schedule.BasisFlat, FlatMinor: 150},
}

// Whatever the terms: the principal comes back whole, nothing is negative, dates ascend, and each
// row's interest is that of the balance before it over the days since the row before.
func TestEveryScheduleRepaysTheLoan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := anyTerms().Draw(t, "terms")
		rows, err := schedule.Generate(terms)
		if err != nil {
			t.Fatal(err)
		}
		rounding := terms.Rounding
		if rounding == "" {
			rounding = money.HalfEven
		}
		balance, from := terms.PrincipalMinor, terms.Start
		for i, row := range rows {
			if row.Number != i+1 || row.Due <= from || row.PrincipalMinor < 0 || row.InterestMinor < 0 || len(row.FeesMinor) != len(terms.Charges) {
				t.Fatalf("row %d after %s: %+v", i+1, from, row)
			}
			interest, err := schedule.Accrued(balance, terms.RatePPM, terms.DayCount, from, row.Due, rounding)
			if err != nil || interest != row.InterestMinor {
				t.Fatalf("row %d bears %d, accrued are %d, %v", i+1, row.InterestMinor, interest, err)
			}
			for _, fee := range row.FeesMinor {
				if fee < 0 {
					t.Fatalf("row %d has a charge of %d", i+1, fee)
				}
			}
			balance, from = balance-row.PrincipalMinor, row.Due
		}
		if balance != 0 || len(rows) != wantRows(terms) {
			t.Fatalf("%d rows leave a balance of %d", len(rows), balance)
		}
		if again, err := schedule.Generate(terms); err != nil || !reflect.DeepEqual(again, rows) {
			t.Fatalf("the same terms give other rows: %v", err)
		}
	})
}

func wantRows(terms schedule.Terms) int {
	if terms.Method == schedule.Bullet {
		return 1
	}
	return terms.Instalments
}

// monthly draws loans as they are lent: day of month that every month has, thirty-day months, half-even.
func monthly(method schedule.Method) *rapid.Generator[schedule.Terms] {
	return rapid.Custom(func(t *rapid.T) schedule.Terms {
		return schedule.Terms{
			PrincipalMinor: money.Minor(rapid.Int64Range(1_000_00, 100_000_000_00).Draw(t, "principal")),
			RatePPM:        money.PPM(rapid.Int64Range(1, 360_000).Draw(t, "rate")),
			Instalments:    rapid.IntRange(2, 60).Draw(t, "instalments"),
			Method:         method,
			DayCount:       calendar.Thirty360,
			Start:          calendar.NewDate(2020, rapid.IntRange(1, 48).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "day")),
		}
	})
}

// 等额本息: every payment but the last is the same, the principal in it never falls, and the last
// differs by no more than the roundings before it can have grown to.
func TestEqualInstalmentsAreEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := monthly(schedule.EqualInstalment).Draw(t, "terms")
		rows, err := schedule.Generate(terms)
		if err != nil {
			t.Fatal(err)
		}
		level := rows[0].PrincipalMinor + rows[0].InterestMinor
		growth, factor := big.NewRat(0, 1), big.NewRat(int64(terms.RatePPM)+12_000_000, 12_000_000)
		for i, row := range rows {
			growth.Add(growth.Mul(growth, factor), big.NewRat(1, 1))
			last := i == len(rows)-1
			if paid := row.PrincipalMinor + row.InterestMinor; !last && paid != level {
				t.Fatalf("payment %d is %d, the others %d", i+1, paid, level)
			}
			if i > 0 && !last && row.PrincipalMinor < rows[i-1].PrincipalMinor {
				t.Fatalf("principal falls in row %d: %+v", i+1, row)
			}
		}
		last := rows[len(rows)-1]
		off := big.NewRat(int64(last.PrincipalMinor+last.InterestMinor-level), 1)
		if off.Abs(off).Cmp(growth) > 0 {
			t.Fatalf("the last payment differs by %s, more than %s", off.FloatString(1), growth.FloatString(1))
		}
	})
}

// 等额本金: the principal is the same in every row but the last, and interest never rises.
func TestEqualPrincipalDeclines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := monthly(schedule.EqualPrincipal).Draw(t, "terms")
		rows, err := schedule.Generate(terms)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows[1:] {
			if i+2 < len(rows) && row.PrincipalMinor != rows[0].PrincipalMinor || row.InterestMinor > rows[i].InterestMinor {
				t.Fatalf("row %d: %+v after %+v", i+2, row, rows[i])
			}
		}
	})
}

// A higher rate never lowers a payment, and a longer term never raises it.
func TestLevelPaymentFollowsRateAndTerm(t *testing.T) {
	first := func(t *rapid.T, terms schedule.Terms) money.Minor {
		rows, err := schedule.Generate(terms)
		if err != nil {
			t.Fatal(err)
		}
		return rows[0].PrincipalMinor + rows[0].InterestMinor
	}
	rapid.Check(t, func(t *rapid.T) {
		terms := monthly(schedule.EqualInstalment).Draw(t, "terms")
		payment := first(t, terms)
		dearer, longer := terms, terms
		dearer.RatePPM += money.PPM(rapid.Int64Range(1, 100_000).Draw(t, "more"))
		longer.Instalments++
		if got := first(t, dearer); got < payment {
			t.Fatalf("at %d ppm %d, at %d ppm %d", terms.RatePPM, payment, dearer.RatePPM, got)
		}
		if got := first(t, longer); got > payment {
			t.Fatalf("over %d months %d, over one more %d", terms.Instalments, payment, got)
		}
	})
}

// The greatest terms that Validate allows: no row and no sum of rows leaves 64 bits.
func TestGreatestTermsStillFit(t *testing.T) {
	for _, method := range methods {
		terms := schedule.Terms{
			PrincipalMinor: schedule.MaxPrincipalMinor, RatePPM: schedule.MaxRatePPM,
			Instalments: schedule.MaxInstalments, Method: method, DayCount: calendar.Actual360,
			Start: date(t, "2024-01-31"), FirstDue: date(t, "2034-01-31"), Rounding: money.Up,
		}
		for range schedule.MaxCharges {
			terms.Charges = append(terms.Charges, schedule.Charge{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: money.Million})
		}
		rows, err := schedule.Generate(terms)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		var all money.Minor
		for _, row := range rows {
			total, err := row.TotalMinor()
			if err == nil {
				all, err = money.Add(all, total)
			}
			if err != nil {
				t.Fatalf("%s: row %d: %v", method, row.Number, err)
			}
		}
		if all < terms.PrincipalMinor {
			t.Fatalf("%s: all payments are %d", method, all)
		}
	}
}

func TestRowTotalIsChecked(t *testing.T) {
	row := schedule.Row{Number: 3, PrincipalMinor: 1 << 62, InterestMinor: 1, FeesMinor: []money.Minor{1 << 62, -1}}
	if total, err := row.TotalMinor(); !errors.Is(err, money.ErrOverflow) {
		t.Fatalf("total %d, %v; want ErrOverflow", total, err)
	}
}

func TestRowsHaveOneFormInJSON(t *testing.T) {
	rows, err := schedule.Generate(schedule.Terms{
		PrincipalMinor: 100_00, RatePPM: 120_000, Instalments: 1, Method: schedule.Bullet,
		DayCount: calendar.Thirty360, Start: date(t, "2016-01-31"), Charges: someCharges[:1],
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"number":1,"due":"2016-02-29","principal_minor":10000,"interest_minor":97,"fees_minor":[10]}]`
	if text, err := json.Marshal(rows); err != nil || string(text) != want {
		t.Fatalf("got %s, %v; want %s", text, err, want)
	}
}

func ExampleGenerate() {
	rows, err := schedule.Generate(schedule.Terms{
		PrincipalMinor: 10_000_00,
		RatePPM:        120_000,
		Instalments:    3,
		Method:         schedule.EqualInstalment,
		DayCount:       calendar.Actual365,
		Start:          calendar.NewDate(2025, 1, 31),
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, row := range rows {
		fmt.Println(row.Number, row.Due, money.CNY.Format(row.PrincipalMinor), money.CNY.Format(row.InterestMinor))
	}
	// Output:
	// 1 2025-02-28 3305.77 92.05
	// 2 2025-03-31 3329.59 68.23
	// 3 2025-04-30 3364.64 33.19
}

func BenchmarkGenerate(b *testing.B) {
	terms := schedule.Terms{
		PrincipalMinor: 12_345_67, RatePPM: 119_900, Instalments: 36, Start: calendar.NewDate(2016, 1, 15),
	}
	for _, method := range methods[:2] {
		for _, dc := range []calendar.DayCount{calendar.Thirty360, calendar.Actual365} {
			terms.Method, terms.DayCount = method, dc
			b.Run(fmt.Sprintf("%s/%s", method, dc), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := schedule.Generate(terms); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
