package statement_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/statement"
)

func day(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestIRR(t *testing.T) {
	for _, c := range []struct {
		name  string
		flows map[string]money.Minor
		want  money.PPM
		known bool
	}{
		// The example in Microsoft's documentation of XIRR, which answers 0.373362535.
		{"published", map[string]money.Minor{
			"2008-01-01": -10_000, "2008-03-01": 2_750, "2008-10-30": 4_250, "2009-02-15": 3_250, "2009-04-01": 2_750,
		}, 373_363, true},
		// 1,000 for 1,100 after 365 days is a tenth.
		{"one year", map[string]money.Minor{"2025-01-01": -1_000, "2026-01-01": 1_100}, 100_000, true},
		// 1,000 for 1,210 after 730 days is a tenth a year: 1.1² = 1.21.
		{"two years", map[string]money.Minor{"2025-01-01": -1_000, "2027-01-01": 1_210}, 100_000, true},
		// Half of the money is lost in a year.
		{"a loss", map[string]money.Minor{"2025-01-01": -1_000, "2026-01-01": 500}, -500_000, true},
		{"no gain", map[string]money.Minor{"2025-01-01": -1_000, "2025-07-01": 400, "2026-01-01": 600}, 0, true},
		// A tenth is paid out after each year.
		{"paid out yearly", map[string]money.Minor{"2025-01-01": -100_000, "2026-01-01": 10_000, "2027-01-01": 110_000}, 100_000, true},
		// Three changes of sign and one rate, worked out apart from this program.
		{"signs that change", map[string]money.Minor{
			"2025-01-01": -100_000, "2026-01-01": 60_000, "2026-07-02": -1_000, "2027-01-01": 61_550,
		}, 133_577, true},
		// -1,000 + 2,300/x - 1,320/x²: both a tenth and a fifth solve it, so neither is the rate.
		{"two rates", map[string]money.Minor{"2025-01-01": -1_000, "2026-01-01": 2_300, "2027-01-01": -1_320}, 0, false},
		// -1,000 + 1,500/x - 1,000/x² is below zero for every rate.
		{"no rate", map[string]money.Minor{"2025-01-01": -1_000, "2026-01-01": 1_500, "2027-01-01": -1_000}, 0, false},
		{"only paid", map[string]money.Minor{"2025-01-01": -1_000, "2026-01-01": -500}, 0, false},
		{"all is lost", map[string]money.Minor{"2025-01-01": -1_000, "2026-01-01": 0}, 0, false},
		{"one day", map[string]money.Minor{"2025-01-01": 100}, 0, false},
		{"nothing", nil, 0, false},
	} {
		var flows []statement.Flow
		for on, amount := range c.flows {
			flows = append(flows, statement.Flow{On: day(t, on), AmountMinor: amount})
		}
		got, known := statement.IRR(flows)
		if got != c.want || known != c.known {
			t.Errorf("%s: %d %v, want %d %v", c.name, got, known, c.want, c.known)
		}
	}
}
