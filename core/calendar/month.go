package calendar

// MonthEndRule says where a monthly due date falls in a month that lacks its day.
type MonthEndRule string

// The rules that terms may name. From 31 January 2025, one month on:
const (
	Clamp MonthEndRule = "clamp" // the last day of the short month, 28 February
	Roll  MonthEndRule = "roll"  // the first day of the month after, 1 March
)

// Valid reports whether the rule is a known one.
func (r MonthEndRule) Valid() bool { return r == Clamp || r == Roll }

// AddMonths returns the same day of the month n months after d; where that month lacks the day, the
// rule decides. Count from the first date each time, never from the result before: a clamped date
// has forgotten its day.
func (r MonthEndRule) AddMonths(d Date, n int) Date {
	year, month, day := d.Civil()
	year, month = carryMonths(year, month+n)
	first := firstOfMonth(year, month)
	if last := daysInMonth(year, month); day > last {
		if r == Roll {
			return first.AddDays(last)
		}
		day = last
	}
	return first.AddDays(day - 1)
}

// isLeap reports whether the Gregorian year has a 29 February.
func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// daysInMonth is the length of a month given from 1.
func daysInMonth(year, month int) int {
	if month == 2 {
		if isLeap(year) {
			return 29
		}
		return 28
	}
	// Thirty-one and thirty alternate, and the pattern starts again in August.
	return 30 + (month+month/8)%2
}
