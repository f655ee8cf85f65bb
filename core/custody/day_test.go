package custody_test

import (
	"errors"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
)

func code(t *testing.T, what string, err error, want fault.Code) {
	t.Helper()
	if want == "" && err != nil || want != "" && !errors.Is(err, fault.New(want)) {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

// Days move forward, one at a time is open, and none on which banks rest.
func TestBusinessDays(t *testing.T) {
	friday := calendar.NewDate(2026, 3, 6)
	holidays := calendar.NewHolidays([]calendar.Date{friday.AddDays(3)}, nil)
	opened := func(d custody.Day, date calendar.Date) (custody.Day, error) {
		events, err := custody.OpenDay(d, custody.Day{Custodian: "meridian", Date: date, Regime: "sandbox"}, holidays)
		if err != nil {
			return d, err
		}
		return custody.ApplyDay(d, events[0]), nil
	}
	_, err := custody.Day{}.Require()
	code(t, "before the first day", err, fault.DayNotOpen)
	_, err = opened(custody.Day{}, 0)
	code(t, "no date", err, fault.MissingField)
	d, err := opened(custody.Day{}, friday)
	code(t, "Friday", err, "")
	if date, err := d.Require(); err != nil || date != friday || d.Regime != "sandbox" {
		t.Errorf("the open day is %s, %v", date, err)
	}
	_, err = opened(d, friday.AddDays(4))
	code(t, "a second day", err, fault.DayAlreadyOpen)
	_, err = custody.CloseDay(d, friday.AddDays(1))
	code(t, "closing another day", err, fault.DayNotOpen)
	events, err := custody.CloseDay(d, friday)
	code(t, "closing it", err, "")
	d = custody.ApplyDay(d, events[0])
	_, err = d.Require()
	code(t, "between days", err, fault.DayNotOpen)
	for date, want := range map[calendar.Date]fault.Code{
		friday: fault.DayNotLater, friday.AddDays(-1): fault.DayNotLater, friday.AddDays(1): fault.NotABusinessDay,
		friday.AddDays(3): fault.NotABusinessDay, friday.AddDays(4): "",
		friday.AddDays(45): "", friday.AddDays(46): fault.DayTooFar, calendar.NewDate(2206, 3, 10): fault.DayTooFar,
	} {
		_, err = opened(d, date)
		code(t, date.String(), err, want)
	}
}

// A run adds to what nobody has accepted yet, and to nothing that the customer instructed.
func TestNettingAddsToOpenPayouts(t *testing.T) {
	for _, c := range []struct {
		what   string
		kind   custody.Kind
		status custody.Status
		amount money.Minor
		want   fault.Code
	}{
		{"a payout", custody.PayOut, custody.Instructed, 5, ""},
		{"a fee", custody.Fee, custody.Instructed, 5, ""},
		{"a refund", custody.Refund, custody.Instructed, 5, ""},
		{"a withdrawal", custody.Withdraw, custody.Instructed, 5, fault.WrongStatus},
		{"an accepted payout", custody.PayOut, custody.Accepted, 5, fault.WrongStatus},
		{"nothing", custody.PayOut, custody.Instructed, 0, fault.InvalidField},
		{"more than fits", custody.PayOut, custody.Instructed, 1<<63 - 1, fault.InvalidField},
	} {
		before := instruction(c.kind, c.status)
		events, err := custody.Decide(before, custody.Add{AmountMinor: c.amount, On: on})
		code(t, c.what, err, c.want)
		if err == nil && custody.Apply(before, events[0]).AmountMinor != before.AmountMinor+c.amount {
			t.Errorf("%s was not added", c.what)
		}
	}
}

// An account refuses what would take either purse below zero, whatever else the entry does.
func TestAccountsNeverGoBelowZero(t *testing.T) {
	a := custody.Account{Party: "p", AvailableMinor: 100, HeldMinor: 50}
	for _, c := range []struct {
		what  string
		entry journal.Entry
		want  fault.Code
	}{
		{"all of it held", journal.Entry{}.Move(journal.Available("p"), journal.Held("p"), 100), ""},
		{"a fen more", journal.Entry{}.Move(journal.Available("p"), journal.Held("p"), 101), fault.InsufficientFunds},
		{"held beyond", journal.Entry{}.Move(journal.Held("p"), journal.Cash("m"), 51), fault.InsufficientFunds},
		{"of another", journal.Entry{}.Move(journal.Available("q"), journal.Held("q"), 101), ""},
		{"more than fits", journal.Entry{}.Move(journal.Cash("m"), journal.Available("p"), 1<<63-1), fault.Overflow},
	} {
		events, err := custody.PostAccount(a, "p", c.entry, on)
		code(t, c.what, err, c.want)
		for _, e := range events {
			if after := custody.ApplyAccount(a, e); after.AvailableMinor+after.HeldMinor != 150 {
				t.Errorf("%s leaves %+v", c.what, after)
			}
		}
	}
}
