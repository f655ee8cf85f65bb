package reminder

import (
	"fmt"
	"time"

	_ "time/tzdata" // zones are known on every machine
)

// quiet are the hours of the wall clock in which nothing is sent. They may go over midnight.
type quiet struct {
	from, until int // minutes of the day; equal: none
	zone        *time.Location
}

func quietHours(from, until, zone string) (quiet, error) {
	var q quiet
	var err error
	if q.zone, err = time.LoadLocation(zone); err != nil {
		return q, fmt.Errorf("zone %q: write one such as %s", zone, usualZone)
	}
	if q.from, err = minuteOfDay(from); err != nil {
		return q, fmt.Errorf("quiet_from: %w", err)
	}
	if q.until, err = minuteOfDay(until); err != nil {
		return q, fmt.Errorf("quiet_until: %w", err)
	}
	return q, nil
}

func minuteOfDay(text string) (int, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q: write a time of day as 21:00", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// ends answers when the quiet hours end that an instant is in; the instant itself where it is in none. Where clocks
// are put forward over the end, they end when the clock shows a later time first.
func (q quiet) ends(now time.Time) time.Time {
	local := now.In(q.zone)
	minute := local.Hour()*60 + local.Minute()
	day := local.Day()
	switch {
	case q.from < q.until && minute >= q.from && minute < q.until:
	case q.from > q.until && minute >= q.from:
		day++
	case q.from > q.until && minute < q.until:
	default:
		return now
	}
	return time.Date(local.Year(), local.Month(), day, q.until/60, q.until%60, 0, 0, q.zone)
}
