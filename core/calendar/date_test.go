package calendar_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
)

func date(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The standard library's calendar is the oracle: every day of three hundred years, one by one.
func TestEveryDayAgreesWithTheStandardLibrary(t *testing.T) {
	for day := time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2200; day = day.AddDate(0, 0, 1) {
		d := calendar.NewDate(day.Year(), int(day.Month()), day.Day())
		if int64(d) != day.Unix()/86400 {
			t.Fatalf("%s is day %d, want %d", day.Format(time.DateOnly), d, day.Unix()/86400)
		}
		year, month, dayOfMonth := d.Civil()
		if year != day.Year() || month != int(day.Month()) || dayOfMonth != day.Day() {
			t.Fatalf("day %d is %d-%d-%d, want %s", d, year, month, dayOfMonth, day.Format(time.DateOnly))
		}
		if d.Year() != year || d.Month() != month || d.Day() != dayOfMonth {
			t.Fatalf("the parts of day %d disagree with its civil date", d)
		}
		if d.Weekday()%7 != int(day.Weekday()) {
			t.Fatalf("%s is weekday %d, want %s", d, d.Weekday(), day.Weekday())
		}
		if want := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC); d.MonthEnd().String() != want.Format(time.DateOnly) {
			t.Fatalf("the month of %s ends on %s, want %s", d, d.MonthEnd(), want.Format(time.DateOnly))
		}
	}
}

func TestNewDateCarriesOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(-500, 9000).Draw(t, "year")
		month := rapid.IntRange(-30, 40).Draw(t, "month")
		day := rapid.IntRange(-400, 400).Draw(t, "day")
		want := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() / 86400
		if got := calendar.NewDate(year, month, day); int64(got) != want {
			t.Fatalf("NewDate(%d, %d, %d) is day %d, want %d", year, month, day, got, want)
		}
	})
}

func TestDateIsTextInJSON(t *testing.T) {
	type dated struct {
		Due  calendar.Date `json:"due"`
		None calendar.Date `json:"none"`
	}
	const want = `{"due":"2016-01-31","none":""}`
	text, err := json.Marshal(dated{Due: date(t, "2016-01-31")})
	if err != nil || string(text) != want {
		t.Fatalf("got %s, %v; want %s", text, err, want)
	}
	back := dated{None: 7}
	if err := json.Unmarshal(text, &back); err != nil || back.Due.String() != "2016-01-31" || !back.None.IsZero() {
		t.Fatalf("read back %+v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"due":"2016-02-30"}`), &back); !errors.Is(err, calendar.ErrDate) {
		t.Fatalf("30 February: %v, want ErrDate", err)
	}
}

func TestParseRefusesWhatIsNoDay(t *testing.T) {
	for _, text := range []string{
		"", "2016-1-31", "2016-01-3", "2016/01/31", "20160131", "2016-01-31 ", " 2016-01-31",
		"2016-00-10", "2016-13-10", "2016-04-31", "2015-02-29", "1900-02-29", "2016-01-00",
		"0000-01-01", "-016-01-31", "2016-+1-31", "２016-01-31", "2016-01-31T00:00:00Z",
		"1970-01-01", // the zero value, which stands for no date
	} {
		if d, err := calendar.Parse(text); !errors.Is(err, calendar.ErrDate) || !d.IsZero() {
			t.Errorf("%q parsed as %s, %v; want ErrDate", text, d, err)
		}
	}
	for _, text := range []string{"0001-01-01", "1969-12-31", "1970-01-02", "2000-02-29", "2016-02-29", "9999-12-31"} {
		if got := date(t, text).String(); got != text {
			t.Errorf("%q is written %q", text, got)
		}
	}
}

// Arithmetic may leave the years that Parse reads; what it arrives at is still written in full.
func TestYearsBeyondFourDigitsAreWrittenInFull(t *testing.T) {
	for want, d := range map[string]calendar.Date{
		"12345-01-02": calendar.NewDate(12345, 1, 2),
		"10000-01-01": date(t, "9999-12-31").AddDays(1),
		"0000-12-31":  date(t, "0001-01-01").AddDays(-1),
		"-001-06-30":  calendar.NewDate(-1, 6, 30),
	} {
		if got := d.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2016-01-31")
	f.Add("2016-02-30")
	f.Add("0000-00-00")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := calendar.Parse(text)
		want, wantErr := time.Parse(time.DateOnly, text)
		known := wantErr == nil && want.Year() >= 1 && want.Unix() != 0
		if (err == nil) != known {
			t.Fatalf("%q: %v, the standard library says %v", text, err, wantErr)
		}
		if err == nil && (d.String() != text || int64(d)*86400 != want.Unix()) {
			t.Fatalf("%q parsed as %s, day %d", text, d, d)
		}
	})
}

func TestShanghaiDayBeginsAtSixteenHoursUniversalTime(t *testing.T) {
	zone := time.FixedZone("CST", 8*60*60)
	for _, c := range []struct {
		unix int64
		want string
	}{
		{1451577599, "2015-12-31"}, // 2015-12-31 15:59:59 UTC
		{1451577600, "2016-01-01"}, // one second later
		{-28801, "1969-12-31"},
		{-28800 + 86400, "1970-01-02"},
		{-28801 - 86400, "1969-12-30"},
	} {
		if got := calendar.Shanghai(c.unix).String(); got != c.want {
			t.Errorf("second %d is %s in Shanghai, want %s", c.unix, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		unix := rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "unix")
		want := time.Unix(unix, 0).In(zone)
		got := calendar.Shanghai(unix)
		if got != calendar.NewDate(want.Year(), int(want.Month()), want.Day()) {
			t.Fatalf("second %d is %s in Shanghai, want %s", unix, got, want.Format(time.DateOnly))
		}
	})
}

func TestDaysCountBothWays(t *testing.T) {
	from, to := date(t, "2024-02-28"), date(t, "2024-03-01")
	if calendar.Days(from, to) != 2 || calendar.Days(to, from) != -2 || from.AddDays(2) != to || to.AddDays(-2) != from {
		t.Fatalf("from %s to %s are %d days", from, to, calendar.Days(from, to))
	}
}
