package calendar

import "slices"

// Holidays is a dated table of the days that differ from the week's plain rhythm. China publishes
// one each year: public holidays, and the weekends that are worked to make up for them. The zero
// value knows weekends only, and so does a full one for days beyond the years it was published for.
//
// Both lists are ascending and free of repetitions; NewHolidays makes them so.
type Holidays struct {
	Closed  []Date `json:"closed"`  // public holidays, weekdays or not
	Working []Date `json:"working"` // weekend days on which banks work
}

// NewHolidays builds a table from days in any order. A day named in both lists is worked.
func NewHolidays(closed, working []Date) Holidays {
	return Holidays{Closed: ascending(closed), Working: ascending(working)}
}

// Valid reports whether both lists are strictly ascending, which a table from outside must be before
// it is asked.
func (h Holidays) Valid() bool {
	return strictlyAscending(h.Closed) && strictlyAscending(h.Working)
}

// IsBusinessDay reports whether banks work on the day.
func (h Holidays) IsBusinessDay(d Date) bool {
	if contains(h.Working, d) {
		return true
	}
	const friday = 5
	return d.Weekday() <= friday && !contains(h.Closed, d)
}

// RollFollowing returns the day itself if banks work on it, otherwise the next on which they do.
func (h Holidays) RollFollowing(d Date) Date {
	for !h.IsBusinessDay(d) {
		d = d.AddDays(1)
	}
	return d
}

// RollPreceding returns the day itself if banks work on it, otherwise the last before on which they
// did.
func (h Holidays) RollPreceding(d Date) Date {
	for !h.IsBusinessDay(d) {
		d = d.AddDays(-1)
	}
	return d
}

// RollModifiedFollowing rolls forward unless that leaves the month, in which case it rolls back.
func (h Holidays) RollModifiedFollowing(d Date) Date {
	if rolled := h.RollFollowing(d); rolled <= d.MonthEnd() {
		return rolled
	}
	return h.RollPreceding(d)
}

// ascending returns a sorted copy without repetitions.
func ascending(days []Date) []Date {
	sorted := slices.Clone(days)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func strictlyAscending(days []Date) bool {
	for i := 1; i < len(days); i++ {
		if days[i-1] >= days[i] {
			return false
		}
	}
	return true
}

func contains(days []Date, d Date) bool {
	_, found := slices.BinarySearch(days, d)
	return found
}
