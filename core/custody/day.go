package custody

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// DayEvent is one step of a custodian's days: opened or closed, with the day as it stands since.
type DayEvent struct {
	Kind string `json:"kind"`
	Day  Day    `json:"day"`
}

// ApplyDay folds an event into a custodian's day.
func ApplyDay(_ Day, e DayEvent) Day { return e.Day }

// LongestStepDays bounds how far one opening may move the business date. No calendar of banks rests so
// long, and a day cannot be taken back: a slip in the year would end a custodian's business. A custodian
// that did stand still for longer opens and closes a day between. Before the first day there is nothing
// to measure from.
const LongestStepDays = 45

// OpenDay opens a business day. Days only move forward, by at most 45 days, one at a time is open, and
// only days on which the calendar lets banks work can be opened.
func OpenDay(d, opening Day, holidays calendar.Holidays) ([]DayEvent, error) {
	switch {
	case d.Open:
		return nil, fault.New(fault.DayAlreadyOpen)
	case opening.Date.IsZero():
		return nil, fault.In(fault.MissingField, "date")
	case opening.Date <= d.Date:
		return nil, fault.In(fault.DayNotLater, "date")
	case !d.Date.IsZero() && opening.Date > d.Date.AddDays(LongestStepDays):
		return nil, fault.In(fault.DayTooFar, "date")
	case !holidays.IsBusinessDay(opening.Date):
		return nil, fault.In(fault.NotABusinessDay, "date")
	}
	opening.Open = true
	return []DayEvent{{Kind: "opened", Day: opening}}, nil
}

// CloseDay closes the open business day, which must be the one that is named.
func CloseDay(d Day, date calendar.Date) ([]DayEvent, error) {
	if !d.Open || d.Date != date {
		return nil, fault.In(fault.DayNotOpen, "date")
	}
	d.Open = false
	return []DayEvent{{Kind: "closed", Day: d}}, nil
}

// Require answers the open day's date, or refuses.
func (d Day) Require() (calendar.Date, error) {
	if !d.Open {
		return 0, fault.New(fault.DayNotOpen)
	}
	return d.Date, nil
}
