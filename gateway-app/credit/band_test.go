package credit

import (
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// borrowed is a loan of 1,200 yuan over twelve months in equal parts of principal, paid out on 1 January
// 2026, with a hundred yuan of principal received on each of the days given.
func borrowed(days ...calendar.Date) loan.State {
	plan := schedule.Terms{
		PrincipalMinor: 120_000, RatePPM: 0, Instalments: 12, Method: schedule.EqualPrincipal,
		DayCount: calendar.Actual365, Start: calendar.NewDate(2026, 1, 1), MonthEnd: calendar.Clamp,
	}
	s := loan.State{Status: loan.Active, PrincipalMinor: 120_000, Plan: &plan, WeightsMinor: []money.Minor{120_000}}
	for _, day := range days {
		s.Receipts = append(s.Receipts, loan.Seen{ValueDate: day, PrincipalMinor: 10_000})
		s.Paid.PrincipalMinor += 10_000
	}
	return s
}

func on(month, day int) calendar.Date { return calendar.NewDate(2026, month, day) }

func TestBandsOfABorrower(t *testing.T) {
	reversed := borrowed(on(2, 1))
	reversed.Receipts[0].Reversed, reversed.Paid.PrincipalMinor = true, 0
	lost := borrowed()
	lost.Status, lost.WrittenOffOn = loan.WrittenOff, on(6, 1)
	repaidLate := borrowed(on(2, 20))
	repaidLate.Status = loan.Repaid
	for _, c := range []struct {
		name     string
		reserved money.Minor
		loans    []loan.State
		asked    int
		on       calendar.Date
		want     Bands
	}{
		{"nothing", 0, nil, 0, on(3, 2), Bands{"none", "none", "none", "none"}},
		{"a loan not paid out", 100, []loan.State{{Status: loan.Cleared}}, 0, on(3, 2), Bands{"up_to_10k", "none", "none", "none"}},
		{"paid on the day", 100_000, []loan.State{borrowed(on(2, 1))}, 2, on(2, 15), Bands{"up_to_10k", "none", "none", "1_to_2"}},
		{"paid ten days late", 1_000_001, []loan.State{borrowed(on(2, 11))}, 3, on(2, 15), Bands{"up_to_50k", "none", "1_to_29_days", "3_to_5"}},
		{"late now", 120_000, []loan.State{borrowed()}, 6, on(3, 10), Bands{"up_to_10k", "up_to_10k", "30_to_59_days", "6_or_more"}},
		{"later", 120_000, []loan.State{borrowed()}, 0, on(4, 5), Bands{"up_to_10k", "up_to_10k", "60_to_89_days", "none"}},
		{"latest", 120_000, []loan.State{borrowed()}, 0, on(6, 5), Bands{"up_to_10k", "up_to_10k", "90_days_or_more", "none"}},
		{"a receipt that was reversed", 120_000, []loan.State{reversed}, 0, on(2, 11), Bands{"up_to_10k", "up_to_10k", "1_to_29_days", "none"}},
		{"written off", 120_000, []loan.State{lost}, 0, on(7, 1), Bands{"up_to_10k", "up_to_10k", "written_off", "none"}},
		{"the worst of two", 100_000_001, []loan.State{borrowed(on(2, 1)), borrowed(on(2, 11))}, 0, on(2, 15), Bands{"above_1m", "none", "1_to_29_days", "none"}},
		{"the past of a loan that is repaid", 0, []loan.State{repaidLate}, 0, on(2, 25), Bands{"none", "none", "1_to_29_days", "none"}},
	} {
		got, err := summarise(c.reserved, c.loans, c.asked, c.on)
		if err != nil || got != c.want || !got.valid() {
			t.Errorf("%s: %+v %v, not %+v", c.name, got, err, c.want)
		}
	}
}
