package custody

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// OpenDay opens a business day. Days only move forward, one at a time is open, and only days on which
// the calendar lets banks work can be opened.
func OpenDay(d Day, custodian string, date calendar.Date, holidays calendar.Holidays) (Day, error) {
	switch {
	case d.Open:
		return Day{}, fault.New(fault.DayAlreadyOpen)
	case date.IsZero():
		return Day{}, fault.In(fault.MissingField, "date")
	case date <= d.Date:
		return Day{}, fault.In(fault.DayNotLater, "date")
	case !holidays.IsBusinessDay(date):
		return Day{}, fault.In(fault.NotABusinessDay, "date")
	}
	return Day{Custodian: custodian, Date: date, Open: true}, nil
}

// CloseDay closes the open business day, which must be the one that is named.
func CloseDay(d Day, date calendar.Date) (Day, error) {
	if !d.Open || d.Date != date {
		return Day{}, fault.In(fault.DayNotOpen, "date")
	}
	d.Open = false
	return d, nil
}

// Require answers the open day's date, or refuses.
func (d Day) Require() (calendar.Date, error) {
	if !d.Open {
		return 0, fault.New(fault.DayNotOpen)
	}
	return d.Date, nil
}
