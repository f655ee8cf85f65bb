package calendar_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
)

// china2025 is the State Council's table for 2025 (国办发明电〔2024〕12号), in no particular order.
func china2025(t *testing.T) calendar.Holidays {
	span := func(from, to string) (days []calendar.Date) {
		for d := date(t, from); d <= date(t, to); d++ {
			days = append(days, d)
		}
		return days
	}
	var closed []calendar.Date
	for _, s := range [][2]string{
		{"2025-10-01", "2025-10-08"},
		{"2025-01-01", "2025-01-01"},
		{"2025-01-28", "2025-02-04"},
		{"2025-04-04", "2025-04-06"},
		{"2025-05-01", "2025-05-05"},
		{"2025-05-31", "2025-06-02"},
	} {
		closed = append(closed, span(s[0], s[1])...)
	}
	working := []calendar.Date{
		date(t, "2025-10-11"), date(t, "2025-01-26"), date(t, "2025-02-08"), date(t, "2025-04-27"), date(t, "2025-09-28"),
	}
	return calendar.NewHolidays(closed, working)
}

func TestChineseHolidaysAndTheWeekendsWorkedForThem(t *testing.T) {
	table := china2025(t)
	if !table.Valid() || len(table.Closed) != 28 || len(table.Working) != 5 {
		t.Fatalf("the table is valid %v, %d closed, %d worked", table.Valid(), len(table.Closed), len(table.Working))
	}
	for day, works := range map[string]bool{
		"2025-01-24": true,  // a Friday
		"2025-01-25": false, // a Saturday
		"2025-01-26": true,  // a Sunday worked for the Spring Festival
		"2025-01-28": false, // the festival's eve, a Tuesday
		"2025-02-04": false, // its last day, a Tuesday
		"2025-02-08": true,  // a Saturday worked for it
		"2025-10-11": true,  // a Saturday worked for the National Day
		"2026-10-01": true,  // beyond the table, an ordinary Thursday
	} {
		if got := table.IsBusinessDay(date(t, day)); got != works {
			t.Errorf("%s a business day: %v, want %v", day, got, works)
		}
	}
}

func TestRollingOverHolidays(t *testing.T) {
	table := china2025(t)
	for _, c := range []struct{ day, following, modified, preceding string }{
		{"2025-01-27", "2025-01-27", "2025-01-27", "2025-01-27"},
		{"2025-01-31", "2025-02-05", "2025-01-27", "2025-01-27"}, // following would leave January
		{"2025-02-01", "2025-02-05", "2025-02-05", "2025-01-27"},
		{"2025-05-31", "2025-06-03", "2025-05-30", "2025-05-30"},
		{"2025-10-04", "2025-10-09", "2025-10-09", "2025-09-30"},
		{"2025-10-12", "2025-10-13", "2025-10-13", "2025-10-11"},
	} {
		d := date(t, c.day)
		got := [3]string{table.RollFollowing(d).String(), table.RollModifiedFollowing(d).String(), table.RollPreceding(d).String()}
		if want := [3]string{c.following, c.modified, c.preceding}; got != want {
			t.Errorf("%s rolls to %v, want %v", c.day, got, want)
		}
	}
}

func TestRollingEndsOnTheNearestBusinessDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOfN(rapid.Map(rapid.Int32Range(20_000, 20_060), func(d int32) calendar.Date { return calendar.Date(d) }), 0, 40)
		table := calendar.NewHolidays(days.Draw(t, "closed"), days.Draw(t, "working"))
		if !table.Valid() {
			t.Fatalf("not ascending: %v", table)
		}
		d := calendar.Date(rapid.Int32Range(19_990, 20_070).Draw(t, "day"))
		next, last := table.RollFollowing(d), table.RollPreceding(d)
		if next < d || last > d || !table.IsBusinessDay(next) || !table.IsBusinessDay(last) {
			t.Fatalf("%s rolls on to %s and back to %s", d, next, last)
		}
		for between := last + 1; between < next; between++ {
			if table.IsBusinessDay(between) {
				t.Fatalf("%s is a business day between %s and %s", between, last, next)
			}
		}
		if m := table.RollModifiedFollowing(d); m != next && (m != last || next <= d.MonthEnd()) {
			t.Fatalf("%s rolls modified to %s, not %s or %s", d, m, next, last)
		}
	})
}

func TestUnsortedTableIsNotValid(t *testing.T) {
	for text, valid := range map[string]bool{
		`{"closed":["2025-01-01","2025-01-28"],"working":["2025-01-26"]}`: true,
		`{"closed":["2025-01-28","2025-01-01"],"working":[]}`:             false,
		`{"closed":[],"working":["2025-01-26","2025-01-26"]}`:             false,
	} {
		var table calendar.Holidays
		if err := json.Unmarshal([]byte(text), &table); err != nil {
			t.Fatal(err)
		}
		if table.Valid() != valid {
			t.Errorf("%s valid: %v, want %v", text, !valid, valid)
		}
	}
}
