package calendar_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
)

func TestMonthEndRules(t *testing.T) {
	for _, c := range []struct {
		from        string
		months      int
		clamp, roll string
	}{
		{"2025-01-31", 1, "2025-02-28", "2025-03-01"},
		{"2025-01-31", 2, "2025-03-31", "2025-03-31"},
		{"2025-01-31", 3, "2025-04-30", "2025-05-01"},
		{"2024-01-31", 1, "2024-02-29", "2024-03-01"},
		{"2024-01-30", 1, "2024-02-29", "2024-03-01"},
		{"2024-02-29", 12, "2025-02-28", "2025-03-01"},
		{"2024-02-29", 48, "2028-02-29", "2028-02-29"},
		{"2025-12-31", 2, "2026-02-28", "2026-03-01"},
		{"2025-11-30", 3, "2026-02-28", "2026-03-01"},
		{"2025-03-31", -1, "2025-02-28", "2025-03-01"},
		{"2025-01-15", -13, "2023-12-15", "2023-12-15"},
		{"2025-01-15", 0, "2025-01-15", "2025-01-15"},
	} {
		from := date(t, c.from)
		if got := calendar.Clamp.AddMonths(from, c.months).String(); got != c.clamp {
			t.Errorf("%s and %d months, clamped: %s, want %s", c.from, c.months, got, c.clamp)
		}
		if got := calendar.Roll.AddMonths(from, c.months).String(); got != c.roll {
			t.Errorf("%s and %d months, rolled: %s, want %s", c.from, c.months, got, c.roll)
		}
	}
	if !calendar.Clamp.Valid() || !calendar.Roll.Valid() || calendar.MonthEndRule("").Valid() {
		t.Error("the valid rules are clamp and roll")
	}
}

// Adding months lands in the month meant, on the day meant where there is one, and a later start never
// comes before an earlier one.
func TestAddMonthsKeepsTheDayWhereItCan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := calendar.Date(rapid.Int32Range(-25_000, 150_000).Draw(t, "from"))
		n := rapid.IntRange(-700, 700).Draw(t, "months")
		clamped := from.AddMonths(n)
		if got, want := clamped.Year()*12+clamped.Month(), from.Year()*12+from.Month()+n; got != want {
			t.Fatalf("%s and %d months is %s", from, n, clamped)
		}
		if clamped.Day() != from.Day() && (clamped.Day() > from.Day() || clamped != clamped.MonthEnd()) {
			t.Fatalf("%s and %d months is %s, neither the day nor the month's last", from, n, clamped)
		}
		if rolled := calendar.Roll.AddMonths(from, n); rolled != clamped && (rolled != clamped+1 || rolled.Day() != 1) {
			t.Fatalf("%s and %d months rolls to %s", from, n, rolled)
		}
		if next := (from + 1).AddMonths(n); next < clamped {
			t.Fatalf("the day after %s, %d months on, is %s before %s", from, n, next, clamped)
		}
	})
}
