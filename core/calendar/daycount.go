package calendar

// DayCount names the convention that turns two dates into a fraction of a year.
type DayCount string

// The conventions that terms may name.
const (
	Actual360        DayCount = "actual/360"
	Actual365        DayCount = "actual/365" // always 365, in leap years too
	ActualActualISDA DayCount = "actual/actual-isda"
	Thirty360        DayCount = "30/360"  // bond basis
	Thirty360E       DayCount = "30E/360" // Eurobond basis
)

// leapDenominator carries both 365ths and 366ths exactly.
const leapDenominator = 365 * 366

// Valid reports whether the convention is a known one.
func (c DayCount) Valid() bool {
	switch c {
	case Actual360, Actual365, ActualActualISDA, Thirty360, Thirty360E:
		return true
	}
	return false
}

// Fraction returns the exact part of a year from one date to another as num/den. Turned round, the
// interval has the opposite sign. An unknown convention answers a zero denominator, which no
// division accepts.
func (c DayCount) Fraction(from, to Date) (num, den int64) {
	if to < from {
		num, den = c.Fraction(to, from)
		return -num, den
	}
	switch c {
	case Actual360:
		return int64(Days(from, to)), 360
	case Actual365:
		return int64(Days(from, to)), 365
	case ActualActualISDA:
		return actualISDA(from, to), leapDenominator
	case Thirty360, Thirty360E:
		return c.thirty(from, to), 360
	}
	return 0, 0
}

// actualISDA counts days in leap years as 366ths and all others as 365ths of a year. A day belongs to
// the year in which it begins.
func actualISDA(from, to Date) int64 {
	var sum int64
	for from < to {
		year := from.Year()
		next := min(NewDate(year+1, 1, 1), to)
		days := int64(Days(from, next))
		if isLeap(year) {
			sum += days * 365
		} else {
			sum += days * 366
		}
		from = next
	}
	return sum
}

// thirty counts days as if every month had thirty. The two bases differ only where the period ends
// on a 31st: Eurobond always makes it the 30th, the bond basis only if the period began on the last.
func (c DayCount) thirty(from, to Date) int64 {
	y1, m1, d1 := from.Civil()
	y2, m2, d2 := to.Civil()
	d1 = min(d1, 30)
	if c == Thirty360E || d1 == 30 {
		d2 = min(d2, 30)
	}
	return int64(360*(y2-y1) + 30*(m2-m1) + (d2 - d1))
}
