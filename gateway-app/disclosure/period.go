package disclosure

import (
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// Period is what a disclosure is about: a month, or a day. A month is told by the last business day of it that was closed.
type Period struct {
	From, To calendar.Date
}

// MonthOf is the month that a day is in.
func MonthOf(d calendar.Date) Period {
	return Period{calendar.NewDate(d.Year(), d.Month(), 1), d.MonthEnd()}
}

// DayOf is a day alone.
func DayOf(d calendar.Date) Period { return Period{d, d} }

// ParsePeriod reads a month such as 2016-01 or a day such as 2016-01-29.
func ParsePeriod(text string) (Period, error) {
	month := strings.Count(text, "-") == 1
	if month {
		text += "-01"
	}
	day, err := calendar.Parse(text)
	switch {
	case err != nil:
		return Period{}, fault.In(fault.InvalidField, "period")
	case month:
		return MonthOf(day), nil
	}
	return DayOf(day), nil
}

// String writes the period as ParsePeriod reads it.
func (p Period) String() string {
	if p.Day() {
		return p.From.String()
	}
	return fmt.Sprintf("%04d-%02d", p.From.Year(), p.From.Month())
}

// Day reports whether the period is one day.
func (p Period) Day() bool { return p.From == p.To }

// Holds reports whether a day is in the period.
func (p Period) Holds(d calendar.Date) bool { return p.From <= d && d <= p.To }

// Next is the month after a month, or the day after a day.
func (p Period) Next() Period {
	if p.Day() {
		return DayOf(p.To.AddDays(1))
	}
	return MonthOf(p.To.AddDays(1))
}

// DueOn is the last day on which the period's disclosure is in time: the given number of working days after its end.
func (p Period) DueOn(workingDays int, h calendar.Holidays) calendar.Date {
	due := p.To
	for range workingDays {
		due = h.RollFollowing(due.AddDays(1))
	}
	return due
}

// MarshalText writes the period as ParsePeriod reads it.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *Period) UnmarshalText(text []byte) error {
	read, err := ParsePeriod(string(text))
	if err != nil {
		return err
	}
	*p = read
	return nil
}
