package schedule

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// text is a JSON value that the oracle writes now as a string, now as a number.
type text string

func (x *text) UnmarshalJSON(raw []byte) error {
	*x = text(strings.TrimSpace(strings.Trim(string(raw), `"`)))
	return nil
}

type actusCase struct {
	Terms        map[string]text `json:"terms"`
	DataObserved map[string]struct {
		Data []struct {
			Timestamp string `json:"timestamp"`
			Value     text   `json:"value"`
		} `json:"data"`
	} `json:"dataObserved"`
	Results []actusEvent `json:"results"`
}

type actusEvent struct {
	EventDate string `json:"eventDate"`
	EventType string `json:"eventType"`
	Payoff    text   `json:"payoff"`
}

func actusCases(t *testing.T, family string) map[string]actusCase {
	t.Helper()
	raw, err := os.ReadFile("../../../shared/oracles/actus/" + family + ".json")
	if os.IsNotExist(err) && os.Getenv("TALLYSTICK_REQUIRE_ORACLES") == "" {
		t.Skip("the reference cases of ACTUS are not beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]actusCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// scaled reads a decimal number in a unit of so many decimals, rounded to the nearest.
func scaled(t *testing.T, decimal text, decimals int) int64 {
	t.Helper()
	number, ok := new(big.Rat).SetString(string(decimal))
	if !ok {
		t.Fatalf("%q is no number", decimal)
	}
	number.Mul(number, new(big.Rat).SetInt(powerOfTen(decimals)))
	whole, ok := new(big.Int).SetString(number.FloatString(0), 10)
	if !ok || !whole.IsInt64() {
		t.Fatalf("%q does not fit in %d decimals", decimal, decimals)
	}
	return whole.Int64()
}

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// rateUnit is the denominator of rates with twelve decimals.
const rateUnit int64 = 1e12

func (c actusCase) amount(t *testing.T, decimal text) money.Minor {
	t.Helper()
	return money.Minor(scaled(t, decimal, 10))
}

// date reads a term or an event's date and drops the time of day; an absent one is zero.
func (c actusCase) date(t *testing.T, term string) calendar.Date {
	t.Helper()
	if c.Terms[term] == "" {
		return 0
	}
	return day(t, string(c.Terms[term]))
}

func day(t *testing.T, timestamp string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(timestamp[:len("2013-01-01")])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (c actusCase) dayCount(t *testing.T) calendar.DayCount {
	t.Helper()
	known := map[text]calendar.DayCount{
		"A365": calendar.Actual365, "30E360": calendar.Thirty360E, "AA": calendar.ActualActualISDA,
	}
	dc, ok := known[c.Terms["dayCountConvention"]]
	if !ok {
		t.Fatalf("day count %q", c.Terms["dayCountConvention"])
	}
	return dc
}

// start is the day from which interest runs: the first exchange, or the status where that is later.
func (c actusCase) start(t *testing.T) calendar.Date {
	t.Helper()
	return max(c.date(t, "initialExchangeDate"), c.date(t, "statusDate"))
}

// rate is the one in force from a day on, in units of twelve decimals.
func (c actusCase) rate(t *testing.T, from calendar.Date) int64 {
	t.Helper()
	rate := scaled(t, c.Terms["nominalInterestRate"], 12)
	for _, e := range c.Results {
		if day(t, e.EventDate) > from {
			break
		}
		switch e.EventType {
		case "RR":
			rate = c.reset(t, e.EventDate)
		case "RRF":
			rate = scaled(t, c.Terms["nextResetRate"], 12)
		}
	}
	return rate
}

// reset is the observed rate times the multiplier plus the spread.
func (c actusCase) reset(t *testing.T, timestamp string) int64 {
	t.Helper()
	for _, point := range c.DataObserved[string(c.Terms["marketObjectCodeOfRateReset"])].Data {
		if day(t, point.Timestamp) != day(t, timestamp) {
			continue
		}
		multiplier := c.Terms["rateMultiplier"]
		if multiplier == "" {
			multiplier = "1"
		}
		rate, _ := new(big.Rat).SetString(string(point.Value))
		times, _ := new(big.Rat).SetString(string(multiplier))
		return scaled(t, text(rate.Mul(rate, times).FloatString(18)), 12) + scaled(t, c.Terms["rateSpread"], 12)
	}
	t.Fatalf("nothing observed on %s", timestamp)
	return 0
}

// dueDates follows the cycles from their anchor to maturity, over the shifts of a business-day rule.
func (c actusCase) dueDates(t *testing.T) []calendar.Date {
	t.Helper()
	anchor, cycle := c.date(t, "cycleAnchorDateOfInterestPayment"), string(c.Terms["cycleOfInterestPayment"])
	var every int
	var unit, stub rune
	if _, err := fmt.Sscanf(cycle, "P%d%cL%c", &every, &unit, &stub); err != nil {
		t.Fatalf("cycle %q: %v", cycle, err)
	}
	maturity := c.maturity(t)
	var due []calendar.Date
	for i := 0; ; i++ {
		d := step(anchor, unit, i*every)
		if d >= maturity {
			if stub == '0' && d > maturity { // a long last period swallows the short one
				due = due[:len(due)-1]
			}
			break
		}
		due = append(due, c.shift(t, d))
	}
	return append(due, maturity)
}

func step(anchor calendar.Date, unit rune, n int) calendar.Date {
	switch unit {
	case 'D':
		return anchor.AddDays(n)
	case 'W':
		return anchor.AddDays(7 * n)
	case 'Y':
		return anchor.AddMonths(12 * n)
	}
	return anchor.AddMonths(n)
}

// maturity is named by the terms, or left to the payments: then the oracle's own end is taken.
func (c actusCase) maturity(t *testing.T) calendar.Date {
	t.Helper()
	for _, term := range []string{"maturityDate", "amortizationDate"} {
		if d := c.date(t, term); !d.IsZero() {
			return d
		}
	}
	return day(t, c.Results[len(c.Results)-1].EventDate)
}

// shift moves a day off the weekend, by the rules that shift before they count days.
func (c actusCase) shift(t *testing.T, d calendar.Date) calendar.Date {
	t.Helper()
	weekends := calendar.Holidays{}
	switch c.Terms["businessDayConvention"] {
	case "":
		return d
	case "SCF":
		return weekends.RollFollowing(d)
	case "SCMF":
		return weekends.RollModifiedFollowing(d)
	case "SCMP":
		if back := weekends.RollPreceding(d); back.Month() == d.Month() {
			return back
		}
		return weekends.RollFollowing(d)
	}
	t.Fatalf("business-day convention %q", c.Terms["businessDayConvention"])
	return 0
}

// expected gathers the oracle's payments by date, up to an early termination.
func (c actusCase) expected(t *testing.T) []Row {
	t.Helper()
	var rows []Row
	for _, e := range c.Results {
		if e.EventType != "PR" && e.EventType != "MD" && e.EventType != "IP" {
			continue
		}
		due := day(t, e.EventDate)
		if len(rows) == 0 || rows[len(rows)-1].Due != due {
			rows = append(rows, Row{Due: due})
		}
		amount := c.amount(t, text(strings.TrimPrefix(string(e.Payoff), "-")))
		if e.EventType == "IP" {
			rows[len(rows)-1].InterestMinor += amount
		} else {
			rows[len(rows)-1].PrincipalMinor += amount
		}
	}
	return rows
}
