// Package calendar knows days, not instants: due dates, value dates and business dates of the
// proleptic Gregorian calendar, the day counts by which interest is reckoned between them, and the
// dated tables that say which of them are business days.
//
// Day counts follow ISDA's definitions of 2006, section 4.16. Days are China's: an instant becomes a
// date at a fixed offset of eight hours, because China has kept no summer time since 1991.
//
// The package never reads a clock and never consults a zone database, so every peer computes the
// same day.
package calendar

import (
	"errors"
	"fmt"
)

// ErrDate refuses a text that is not a day of the calendar.
var ErrDate = errors.New("not a date of the form 2016-01-31")

// Date is a day, counted from 1970-01-01. The zero value means "no date" and is written as an empty
// text; the day it would stand for is before any loan of this network, so Parse refuses it rather
// than let it vanish. Dates compare with < and ==.
type Date int32

// The Gregorian calendar repeats after an era of 400 years. Counting from an era far enough back keeps
// every day that a Date can hold positive, and division by constants cheap.
const (
	yearsPerEra = 400
	daysPerEra  = 146_097
	erasBefore  = 15_000
)

// dayOfEpoch is 1970-01-01, counted from 1 March of the first year of the eras before. Years that begin
// in March end with the leap day, which makes the start of every month a pure function of its place.
const dayOfEpoch = erasBefore*daysPerEra + 719_468

// NewDate returns a day by its year, month and day of month. Values beyond their range carry over:
// month 13 is January of the next year, 30 February is the first or second of March. Text that comes
// from outside goes through Parse, which refuses such days.
func NewDate(year, month, day int) Date {
	year, month = carryMonths(year, month)
	return firstOfMonth(year, month).AddDays(day - 1)
}

// firstOfMonth returns the first day of a month from 1 to 12.
func firstOfMonth(year, month int) Date {
	fromMarch := uint(month+9) % 12
	years := uint(year + erasBefore*yearsPerEra)
	if month <= 2 {
		years--
	}
	days := years*365 + years/4 - years/100 + years/400 + (153*fromMarch+2)/5
	return Date(int(days) - dayOfEpoch)
}

// carryMonths brings the month into 1 to 12 and the rest into the year.
func carryMonths(year, month int) (int, int) {
	if month >= 1 && month <= 12 {
		return year, month
	}
	months := uint(year*12+month-1) + 12*erasBefore*yearsPerEra
	return int(months/12) - erasBefore*yearsPerEra, int(months%12) + 1
}

// Civil returns the year, the month from 1 and the day of the month.
func (d Date) Civil() (year, month, day int) {
	days := uint(int(d) + dayOfEpoch)
	era, dayOfEra := days/daysPerEra, days%daysPerEra
	yearOfEra := (dayOfEra - dayOfEra/1_460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	fromMarch := (5*dayOfYear + 2) / 153
	day = int(dayOfYear-(153*fromMarch+2)/5) + 1
	month = int(fromMarch) + 3
	year = int(era*yearsPerEra+yearOfEra) - erasBefore*yearsPerEra
	if month > 12 {
		return year + 1, month - 12, day
	}
	return year, month, day
}

// Year returns the calendar year.
func (d Date) Year() int { year, _, _ := d.Civil(); return year }

// Month returns the month, from 1 for January.
func (d Date) Month() int { _, month, _ := d.Civil(); return month }

// Day returns the day of the month, from 1.
func (d Date) Day() int { _, _, day := d.Civil(); return day }

// Weekday returns the day of the week as ISO 8601 counts it: 1 for Monday, 7 for Sunday.
func (d Date) Weekday() int { return int(uint(int(d)+dayOfEpoch+2)%7) + 1 }

// IsZero reports that there is no date.
func (d Date) IsZero() bool { return d == 0 }

// AddDays returns the day n days later, or earlier when n is negative.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// AddMonths returns the same day of the month n months later; where that month is shorter, its last.
func (d Date) AddMonths(n int) Date { return Clamp.AddMonths(d, n) }

// MonthEnd returns the last day of the date's month.
func (d Date) MonthEnd() Date {
	year, month, _ := d.Civil()
	return firstOfMonth(year, month).AddDays(daysInMonth(year, month) - 1)
}

// Days counts from one date to another: the first is left out, the last counted. It is negative when
// to comes before from.
func Days(from, to Date) int { return int(to) - int(from) }

// secondsEastOfGreenwich is China Standard Time, the same all year.
const secondsEastOfGreenwich = 8 * 60 * 60

// Shanghai returns China's date at an instant given in seconds since 1970-01-01 00:00 UTC.
func Shanghai(unixSeconds int64) Date {
	const secondsPerDay = 24 * 60 * 60
	local := unixSeconds + secondsEastOfGreenwich
	day := local / secondsPerDay
	if local%secondsPerDay < 0 {
		day--
	}
	return Date(day)
}

// Parse reads a date of the form 2016-01-31, in the years 0001 to 9999 and on days that exist.
func Parse(text string) (Date, error) {
	year, month, day, ok := fields(text)
	if !ok || year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) {
		return 0, fmt.Errorf("parse %q: %w", text, ErrDate)
	}
	d := NewDate(year, month, day)
	if d.IsZero() {
		return 0, fmt.Errorf("parse %q: %w: that day stands for no date", text, ErrDate)
	}
	return d, nil
}

// fields takes a text of the form dddd-dd-dd apart.
func fields(text string) (year, month, day int, ok bool) {
	if len(text) != len("2016-01-31") || text[4] != '-' || text[7] != '-' {
		return 0, 0, 0, false
	}
	year, okYear := number(text[:4])
	month, okMonth := number(text[5:7])
	day, okDay := number(text[8:])
	return year, month, day, okYear && okMonth && okDay
}

// number reads decimal digits and nothing else: no sign, no space.
func number(digits string) (int, bool) {
	n := 0
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
		n = n*10 + int(digits[i]-'0')
	}
	return n, true
}

// String writes the date as 2016-01-31, and no date as an empty text.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	var buffer [len("2016-01-31")]byte
	return string(d.appendTo(buffer[:0]))
}

// MarshalText writes the date as String does, which is also its form in JSON.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.appendTo(make([]byte, 0, len("2016-01-31"))), nil
}

// appendTo writes a date that is not none. Records hold dozens of them, so it takes no detour through
// formatting for years of four digits.
func (d Date) appendTo(text []byte) []byte {
	year, month, day := d.Civil()
	if year < 0 || year > 9999 {
		return fmt.Appendf(text, "%04d-%02d-%02d", year, month, day)
	}
	digit := func(n int) byte { return byte('0' + n%10) }
	return append(text, digit(year/1000), digit(year/100), digit(year/10), digit(year), '-',
		digit(month/10), digit(month), '-', digit(day/10), digit(day))
}

// UnmarshalText reads a date as Parse does, and an empty text as no date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
