package reminder_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/mail"
	"github.com/tallystick/tallystick/gateway-app/reminder"
)

// Days that no bank opens, and days that a member was away, lose the latest reminder of an instalment never, and bring
// an earlier one with it never.
func TestTheLatestCounts(t *testing.T) {
	offsets := []int{-3, -1, 1, 7, 15, 30}
	for _, c := range []struct {
		former, today string
		want          int
		ok            bool
	}{
		{"2026-03-28", "2026-03-29", -3, true},
		{"2026-03-29", "2026-03-30", 0, false}, // two days before is no day
		{"2026-03-27", "2026-03-30", -3, true}, // over a weekend
		{"2026-03-27", "2026-03-31", -1, true}, // not both
		{"2026-03-31", "2026-04-01", 0, false},
		{"2026-03-27", "2026-04-01", -1, true}, // the day itself: still in time
		{"2026-03-27", "2026-04-02", 1, true},  // due yesterday, and not "tomorrow"
		{"2026-03-30", "2026-04-01", -1, true}, // the day before was no business day
		{"2026-04-01", "2026-04-02", 1, true},  //
		{"2026-04-02", "2026-04-07", 0, false}, //
		{"2026-04-02", "2026-04-20", 15, true}, //
		{"2026-04-16", "2026-06-30", 30, true}, //
		{"2026-05-01", "2026-12-31", 0, false}, // all were
		{"2026-01-01", "2026-12-31", 30, true}, //
		{"2026-03-29", "2026-03-29", 0, false}, //
		{"2026-03-30", "2026-03-29", 0, false}, //
	} {
		days, ok := reminder.Latest(offsets, day(t, "2026-04-01"), day(t, c.former), day(t, c.today))
		if ok != c.ok || ok && days != c.want {
			t.Errorf("from %s to %s: %d, %v", c.former, c.today, days, ok)
		}
	}
}

func TestQuietHoursEnd(t *testing.T) {
	for _, c := range []struct{ from, until, zone, now, want string }{
		{"21:00", "08:00", "Asia/Shanghai", "2026-03-29T12:59:00Z", "2026-03-29T12:59:00Z"},
		{"21:00", "08:00", "Asia/Shanghai", "2026-03-29T13:00:00Z", "2026-03-30T00:00:00Z"},
		{"21:00", "08:00", "Asia/Shanghai", "2026-03-29T23:59:59Z", "2026-03-30T00:00:00Z"},
		{"21:00", "08:00", "Asia/Shanghai", "2026-03-30T00:00:00Z", "2026-03-30T00:00:00Z"},
		{"12:00", "14:00", "Asia/Shanghai", "2026-03-29T05:00:00Z", "2026-03-29T06:00:00Z"},
		{"12:00", "14:00", "Asia/Shanghai", "2026-03-29T06:00:00Z", "2026-03-29T06:00:00Z"},
		{"08:00", "08:00", "Asia/Shanghai", "2026-03-29T00:00:00Z", "2026-03-29T00:00:00Z"},
		{"21:00", "08:00", "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z"}, // the clock was put forward that night
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := reminder.QuietEnds(c.from, c.until, c.zone, now)
		if err != nil || got.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("%+v: %s, %v", c, got.UTC(), err)
		}
	}
}

func TestAmountsAreWritten(t *testing.T) {
	for _, c := range []struct {
		currency money.Currency
		amount   money.Minor
		en, zh   string
	}{
		{"CNY", 0, "¥0.00", "0.00元"},
		{"CNY", 99_999, "¥999.99", "999.99元"},
		{"CNY", 100_000, "¥1,000.00", "1,000.00元"},
		{"CNY", 123_456_789_01, "¥123,456,789.01", "123,456,789.01元"},
		{"USD", 1_234_56, "USD 1,234.56", "USD 1,234.56"},
		{"JPY", 1_234_567, "JPY 1,234,567", "JPY 1,234,567"},
	} {
		if en, zh := reminder.AmountIn(c.currency, c.amount, reminder.English), reminder.AmountIn(c.currency, c.amount, reminder.Chinese); en != c.en || zh != c.zh {
			t.Errorf("%d of %s: %q and %q", c.amount, c.currency, en, zh)
		}
	}
}

// Settings that would remind nobody, or the wrong way, are refused at the start and named.
func TestSettingsAreRefusedAtTheStart(t *testing.T) {
	if err := (reminder.Settings{}).Check(); err != nil {
		t.Fatal(err)
	}
	smtp := &mail.Settings{Address: "mail.example:587", From: "no-reply@harbor.example"}
	for want, s := range map[string]reminder.Settings{
		"reminders.before_days":  {BeforeDays: []int{3, 3}},
		"reminders.after_days":   {AfterDays: []int{0}},
		"reminders.quiet_from":   {QuietFrom: "25:00"},
		"reminders.quiet_until":  {QuietUntil: "8"},
		"reminders.zone":         {Zone: "Asia/Atlantis"},
		"reminders.language":     {Language: "fr"},
		"reminders.name":         {Name: "Harbor\nBcc: all"},
		"reminders.public_url":   {SMTP: smtp, PublicURL: "http://harbor.example"},
		"reminders.smtp.address": {SMTP: &mail.Settings{From: "no-reply@harbor.example"}, PublicURL: "https://harbor.example"},
	} {
		if err := s.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
