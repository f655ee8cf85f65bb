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

func TestAccruedInterest(t *testing.T) {
	for _, c := range []struct {
		principal money.Minor
		rate      money.PPM
		dc        calendar.DayCount
		from, to  string
		rounding  money.Rounding
		want      money.Minor
	}{
		{5000_00, 120_000, calendar.Actual365, "2022-11-01", "2022-12-01", money.HalfEven, 49_32}, // 49.3150...
		{5000_00, 120_000, calendar.Actual365, "2022-11-01", "2022-12-01", money.Down, 49_31},
		{5000_00, 120_000, calendar.Thirty360, "2022-11-01", "2022-12-01", money.Down, 50_00},
		{5000_00, 120_000, calendar.Actual360, "2024-02-28", "2024-03-01", money.HalfEven, 3_33}, // two days of a leap February
		{365_00, 1_000_000, calendar.ActualActualISDA, "2023-06-30", "2023-07-01", money.HalfEven, 1_00},
		{366_00, 1_000_000, calendar.ActualActualISDA, "2024-06-30", "2024-07-01", money.HalfEven, 1_00},
		{5000_00, 120_000, calendar.Actual365, "2022-11-01", "2022-11-01", money.Up, 0},
		{0, 120_000, calendar.Actual365, "2022-11-01", "2023-11-01", money.Up, 0},
		{1, 1, calendar.Actual365, "2022-11-01", "2022-11-02", money.Up, 1},
	} {
		got, err := schedule.Accrued(c.principal, c.rate, c.dc, date(t, c.from), date(t, c.to), c.rounding)
		if err != nil || got != c.want {
			t.Errorf("%d at %d ppm, %s, %s to %s: %d, %v; want %d", c.principal, c.rate, c.dc, c.from, c.to, got, err, c.want)
		}
	}
}

func TestAccrualRefusals(t *testing.T) {
	early, late := date(t, "2022-11-01"), date(t, "2022-12-01")
	for _, c := range []struct {
		principal money.Minor
		rate      money.PPM
		dc        calendar.DayCount
		from, to  calendar.Date
		rounding  money.Rounding
		want      error
	}{
		{-1, 1, calendar.Actual365, early, late, money.Down, schedule.ErrNegative},
		{1, -1, calendar.Actual365, early, late, money.Down, schedule.ErrNegative},
		{1, 1, calendar.Actual365, late, early, money.Down, schedule.ErrInterval},
		{1, 1, "actual/364", early, late, money.Down, schedule.ErrDayCount},
		{1, 1, calendar.Actual365, early, late, "nearest", money.ErrRounding},
		{1, math.MaxInt64, calendar.Actual365, early, late, money.Down, money.ErrOverflow},
		{math.MaxInt64, 1e12, calendar.Actual365, early, late, money.Down, money.ErrOverflow},
	} {
		if got, err := schedule.Accrued(c.principal, c.rate, c.dc, c.from, c.to, c.rounding); got != 0 || !errors.Is(err, c.want) {
			t.Errorf("%+v: %d, %v; want %v", c, got, err, c.want)
		}
	}
}

// The fraction dropped is less than a unit, and none of it is dropped twice.
func TestAccruedIsTheExactInterestRoundedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		principal := rapid.Int64Range(0, 1e15).Draw(t, "principal")
		rate := rapid.Int64Range(0, 10_000_000).Draw(t, "rate")
		dc := rapid.SampledFrom(dayCounts).Draw(t, "day count")
		from := calendar.Date(rapid.Int32Range(10_000, 30_000).Draw(t, "from"))
		to := from.AddDays(rapid.IntRange(0, 5_000).Draw(t, "days"))
		num, den := dc.Fraction(from, to)
		exact := big.NewRat(principal, 1)
		exact.Mul(exact, big.NewRat(rate, 1_000_000)).Mul(exact, big.NewRat(num, den))
		down, err := schedule.Accrued(money.Minor(principal), money.PPM(rate), dc, from, to, money.Down)
		if err != nil || new(big.Int).Quo(exact.Num(), exact.Denom()).Cmp(big.NewInt(int64(down))) != 0 {
			t.Fatalf("accrued %d, %v; exactly %s", down, err, exact.FloatString(3))
		}
		up, err := schedule.Accrued(money.Minor(principal), money.PPM(rate), dc, from, to, money.Up)
		if err != nil || exact.IsInt() && up != down || !exact.IsInt() && up != down+1 {
			t.Fatalf("accrued up %d, %v, down %d; exactly %s", up, err, down, exact.FloatString(3))
		}
	})
}
