package repayment_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

var statute = repayment.Order{Components: []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty}}

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// drawLoan is a loan with receipts that were booked in any order, valued on any day, some reversed.
func drawLoan(t *rapid.T) loan.State {
	plan := schedule.Terms{
		PrincipalMinor: money.Minor(rapid.Int64Range(1, 1_000_000).Draw(t, "principal")), RatePPM: 120_000,
		Instalments: rapid.IntRange(1, 12).Draw(t, "instalments"), DayCount: calendar.Actual365, Start: day("2024-01-31"),
		Method: rapid.SampledFrom([]schedule.Method{schedule.EqualInstalment, schedule.EqualPrincipal, schedule.Bullet}).Draw(t, "method"),
	}
	s := loan.State{Status: loan.Active, Plan: &plan, PrincipalMinor: plan.PrincipalMinor, PenaltyRatePPM: 365_000}
	for range rapid.IntRange(0, 8).Draw(t, "receipts") {
		seen := loan.Seen{
			ValueDate:      plan.Start.AddDays(rapid.IntRange(0, 500).Draw(t, "value")),
			PrincipalMinor: money.Minor(rapid.Int64Range(0, int64(plan.PrincipalMinor-s.Paid.PrincipalMinor)).Draw(t, "part")),
			Reversed:       rapid.IntRange(0, 4).Draw(t, "reversed") == 0,
		}
		s.Receipts = append(s.Receipts, seen)
		if !seen.Reversed {
			s.Paid.PrincipalMinor += seen.PrincipalMinor
		}
	}
	return s
}

// The penalty is what a clerk would find who goes through the loan day by day, whatever the order in which
// receipts became known.
func TestPenaltyIsThatOfEveryDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawLoan(t)
		until := s.Plan.Start.AddDays(rapid.IntRange(0, 700).Draw(t, "until"))
		rows, err := schedule.Generate(*s.Plan)
		if err != nil {
			t.Fatal(err)
		}
		minorDays := new(big.Int)
		for d := s.Plan.Start; d < until; d++ {
			var missing money.Minor
			for _, row := range rows {
				if row.Due <= d {
					missing += row.PrincipalMinor
				}
			}
			for _, r := range s.Receipts {
				if !r.Reversed && r.ValueDate <= d {
					missing -= r.PrincipalMinor
				}
			}
			minorDays.Add(minorDays, big.NewInt(int64(max(0, missing))))
		}
		// 36.5 % of a 365-day year is a thousandth a day; halves go to the even neighbour.
		want, rest := new(big.Int).QuoRem(minorDays, big.NewInt(1000), new(big.Int))
		if c := rest.Cmp(big.NewInt(500)); c > 0 || c == 0 && want.Bit(0) == 1 {
			want.Add(want, big.NewInt(1))
		}
		p, err := repayment.At(s, until, until)
		if err != nil {
			t.Fatal(err)
		}
		if want.Cmp(big.NewInt(int64(p.PastDue.PenaltyMinor))) != 0 {
			t.Fatalf("penalty %d, want %s", p.PastDue.PenaltyMinor, want)
		}
	})
}

// A receipt's parts sum to it, none is negative, none is more than was owed, and an amount goes back only when
// nothing is left due.
func TestPartsSumToTheReceipt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawLoan(t)
		value := s.Plan.Start.AddDays(rapid.IntRange(0, 500).Draw(t, "value date"))
		on := value.AddDays(rapid.IntRange(0, 60).Draw(t, "booked after"))
		amount := money.Minor(rapid.Int64Range(1, 2*int64(s.PrincipalMinor)).Draw(t, "amount"))
		order := statute
		order.Horizontal = rapid.Bool().Draw(t, "horizontal")
		before, err := repayment.At(s, on, value)
		if err != nil {
			t.Fatal(err)
		}
		a, err := repayment.Allocate(s, amount, on, value, order)
		if err != nil {
			t.Fatal(err)
		}
		due := before.PastDue.Total() + before.Due.Total()
		switch {
		case a.Parts.Total() != amount:
			t.Fatalf("%d was taken apart into %+v", amount, a.Parts)
		case min(a.Parts.PenaltyMinor, a.Parts.InterestMinor, a.Parts.PrincipalMinor, a.Parts.RefundMinor) < 0:
			t.Fatalf("a part is negative: %+v", a.Parts)
		case a.Parts.RefundMinor > 0 && amount-a.Parts.RefundMinor < due:
			t.Fatalf("%d went back while %d of %d due were paid", a.Parts.RefundMinor, amount-a.Parts.RefundMinor, due)
		case a.Parts.PrincipalMinor > s.Outstanding():
			t.Fatalf("%d of %d outstanding were paid", a.Parts.PrincipalMinor, s.Outstanding())
		case value == on && amount >= before.Total() && !a.Closes && latest(s) <= value:
			t.Fatalf("%d pays off %d and does not close", amount, before.Total())
		case a.Parts.RefundMinor > 0 && !a.Closes && latest(s) <= value && amount-a.Parts.RefundMinor != due+next(t, s, on):
			t.Fatalf("%d went back of %d, and %d are due and %d next: %+v", a.Parts.RefundMinor, amount, due, next(t, s, on), a)
		case a.Payoff != nil && a.Payoff.PrincipalMinor != before.RestPrincipal+before.AheadPrincipal:
			t.Fatalf("the payoff %+v does not end %+v", a.Payoff, before)
		}
	})
}

// next is what of the row after a business date is still unpaid.
func next(t *rapid.T, s loan.State, on calendar.Date) money.Minor {
	rows, err := schedule.Generate(*s.Plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Due > on {
			then, err := repayment.At(s, row.Due, row.Due)
			if err != nil {
				t.Fatal(err)
			}
			return then.Due.Total()
		}
	}
	return 0
}

// A row that was paid in advance, on whatever day and in however many receipts, is paid: nothing of it is due on
// its day, nothing went back, and the day after nobody is late.
func TestARowPaidInAdvanceIsPaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawLoan(t)
		s.Receipts, s.Paid = nil, loan.Parts{}
		rows, err := schedule.Generate(*s.Plan)
		if err != nil {
			t.Fatal(err)
		}
		row := rows[0]
		owed := row.PrincipalMinor + row.InterestMinor
		for days := 0; owed > 0; days++ {
			on := min(row.Due-1, s.Plan.Start.AddDays(days))
			part := owed
			if days < 3 {
				part = money.Minor(rapid.Int64Range(1, int64(owed)).Draw(t, "part"))
			}
			a, err := repayment.Allocate(s, part, on, on, statute)
			if err != nil {
				t.Fatal(err)
			}
			if a.Closes {
				return // the row was the last one
			}
			if a.Parts.RefundMinor != 0 {
				t.Fatalf("%d of %d went back while %d was owed", a.Parts.RefundMinor, part, owed)
			}
			s.Paid.InterestMinor += a.Parts.InterestMinor
			s.Paid.PrincipalMinor += a.Parts.PrincipalMinor
			s.Receipts = append(s.Receipts, loan.Seen{ValueDate: on, PrincipalMinor: a.Parts.PrincipalMinor})
			owed -= part
		}
		late, err := repayment.OverdueDays(s, row.Due+1)
		if p, errAt := repayment.At(s, row.Due, row.Due); err != nil || errAt != nil || late != 0 || p.Due.Total() != 0 {
			t.Fatalf("paid in advance, and %d days late with %+v due: %v, %v", late, p.Due, err, errAt)
		}
	})
}

func latest(s loan.State) calendar.Date {
	var last calendar.Date
	for _, r := range s.Receipts {
		last = max(last, r.ValueDate)
	}
	return last
}

func FuzzAllocation(f *testing.F) {
	f.Add(uint32(100_000), uint16(31), uint16(0), uint32(8_885), false)
	f.Add(uint32(100_000), uint16(400), uint16(50), uint32(200_000), true)
	f.Add(uint32(0), uint16(0), uint16(0), uint32(0), false)
	f.Fuzz(func(t *testing.T, principal uint32, days, ago uint16, amount uint32, horizontal bool) {
		plan := schedule.Terms{
			PrincipalMinor: money.Minor(principal) + 1, RatePPM: 240_000, Instalments: 12, Method: schedule.EqualInstalment,
			DayCount: calendar.Actual365, Start: day("2024-01-31"),
		}
		s := loan.State{Status: loan.Active, Plan: &plan, PrincipalMinor: plan.PrincipalMinor, PenaltyRatePPM: 100_000}
		on := plan.Start.AddDays(int(days))
		order := repayment.Order{Components: statute.Components, Horizontal: horizontal}
		a, err := repayment.Allocate(s, money.Minor(amount)+1, on, on.AddDays(-int(min(ago, days))), order)
		if err != nil {
			t.Fatal(err)
		}
		if a.Parts.Total() != money.Minor(amount)+1 || a.Parts.RefundMinor < 0 || a.Parts.PrincipalMinor > plan.PrincipalMinor {
			t.Fatalf("%d: %+v", amount, a)
		}
	})
}
