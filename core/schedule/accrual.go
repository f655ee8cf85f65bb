package schedule

import (
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// What the derived figures refuse. Callers compare with errors.Is.
var (
	ErrInterval = errors.New("the interval ends before it begins")
	ErrNegative = errors.New("principal and rate must not be negative")
	ErrDayCount = errors.New("unknown day count")
)

// Accrued is the simple interest that a principal bears from one day to another, rounded once. The
// first day counts, the last does not. It is exact for any day count; it compounds nothing.
func Accrued(principal money.Minor, rate money.PPM, dc calendar.DayCount, from, to calendar.Date, r money.Rounding) (money.Minor, error) {
	if principal < 0 || rate < 0 {
		return 0, fmt.Errorf("accrue interest: %w", ErrNegative)
	}
	if to < from {
		return 0, fmt.Errorf("accrue interest from %s to %s: %w", from, to, ErrInterval)
	}
	num, den := dc.Fraction(from, to)
	if den == 0 {
		return 0, fmt.Errorf("accrue interest by %q: %w", string(dc), ErrDayCount)
	}
	// A whole number times a whole number: the division by one only checks that it fits.
	weight, err := money.MulDiv(money.Minor(rate), num, 1, money.Down)
	if err != nil {
		return 0, fmt.Errorf("accrue interest: %w", err)
	}
	interest, err := money.MulDiv(principal, int64(weight), int64(money.Million)*den, r)
	if err != nil {
		return 0, fmt.Errorf("accrue interest: %w", err)
	}
	return interest, nil
}
