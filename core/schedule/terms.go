// Package schedule turns the terms of a loan into the rows that the borrower will pay: when, how much
// principal, how much interest, and which charges to whom.
//
// The methods are the four of Chinese consumer lending: equal instalments (等额本息), equal principal
// (等额本金), interest first and principal last (先息后本), and everything at maturity (到期还本付息).
// Interest is simple within a period and declines with the balance; a period's part of a year comes
// from the terms' day count. The level payment is the exact solution of the annuity equation over
// the actual periods, rounded once. Results agree with Apache Fineract's published schedules and,
// before rounding, with the cash flows of the ACTUS standard; testdata names each.
//
// Whatever the terms, the principal of all rows is the principal of the loan, no part is negative,
// and the last row carries what rounding left. The package never asks for today's date, never knows
// what has been paid, and never uses floating point.
package schedule

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
)

// Method is the way in which a loan is repaid.
type Method string

// The methods that terms may name.
const (
	EqualInstalment Method = "equal_instalment" // 等额本息: level payments, the interest in them declines
	EqualPrincipal  Method = "equal_principal"  // 等额本金: level principal, declining interest on top
	InterestOnly    Method = "interest_only"    // 先息后本: interest each month, principal with the last
	Bullet          Method = "bullet"           // 到期还本付息: one payment of everything at maturity
)

// Valid reports whether the method is one of the four.
func (m Method) Valid() bool {
	switch m {
	case EqualInstalment, EqualPrincipal, InterestOnly, Bullet:
		return true
	}
	return false
}

// Bounds of what a schedule is made for. Within them no sum of a schedule can exceed 64 bits, so
// terms that are valid always have rows.
const (
	MaxPrincipalMinor money.Minor = 1_000_000_000_000_000 // ten trillion yuan
	MaxRatePPM                    = 10 * money.Million    // 1,000 % a year; more is a slip of units
	MaxInstalments                = 600                   // fifty years of months
	MaxFirstMonths                = 120                   // from the start to the first due date
	MaxCharges                    = 8
)

// Terms are what the parties agreed on, as far as it decides the rows.
type Terms struct {
	PrincipalMinor money.Minor `json:"principal_minor"`
	RatePPM        money.PPM   `json:"rate_ppm"` // a year
	// Instalments is the number of monthly payments; for Bullet, the months until the only one.
	Instalments int               `json:"instalments"`
	Method      Method            `json:"method"`
	DayCount    calendar.DayCount `json:"day_count"`
	Start       calendar.Date     `json:"start"` // interest runs from this day
	// FirstDue is the first monthly due date; none means one month after the start.
	FirstDue calendar.Date `json:"first_due,omitzero"`
	// MonthEnd decides about months that lack the due day; empty means calendar.Clamp.
	MonthEnd calendar.MonthEndRule `json:"month_end,omitempty"`
	// InstalmentMultipleMinor rounds the level part, payment or principal, to a multiple; zero
	// means to the minor unit.
	InstalmentMultipleMinor money.Minor `json:"instalment_multiple_minor,omitempty"`
	// Rounding is that of every division in the schedule; empty means money.HalfEven.
	Rounding money.Rounding `json:"rounding,omitempty"`
	Charges  []Charge       `json:"charges,omitempty"`
}

// Validate reports the first field that is missing or out of its documented range, as a refusal of
// core/fault that names it.
func (t Terms) Validate() error {
	switch {
	case t.PrincipalMinor <= 0 || t.PrincipalMinor > MaxPrincipalMinor:
		return fault.In(fault.InvalidField, "principal_minor")
	case t.RatePPM < 0 || t.RatePPM > MaxRatePPM:
		return fault.In(fault.InvalidField, "rate_ppm")
	case t.Instalments < 1 || t.Instalments > MaxInstalments:
		return fault.In(fault.InvalidField, "instalments")
	case !t.Method.Valid():
		return fault.In(fault.InvalidField, "method")
	case !t.DayCount.Valid():
		return fault.In(fault.InvalidField, "day_count")
	case t.Start.IsZero():
		return fault.In(fault.MissingField, "start")
	case t.Start < earliestStart || t.Start > latestStart:
		return fault.In(fault.InvalidField, "start")
	case !t.firstDueValid():
		return fault.In(fault.InvalidField, "first_due")
	case t.MonthEnd != "" && !t.MonthEnd.Valid():
		return fault.In(fault.InvalidField, "month_end")
	case !t.multipleValid():
		return fault.In(fault.InvalidField, "instalment_multiple_minor")
	case t.Rounding != "" && !t.Rounding.Valid():
		return fault.In(fault.InvalidField, "rounding")
	case len(t.Charges) > MaxCharges:
		return fault.In(fault.InvalidField, "charges")
	}
	for i, c := range t.Charges {
		if field := c.invalidField(); field != "" {
			return fault.In(fault.InvalidField, fmt.Sprintf("charges[%d].%s", i, field))
		}
	}
	return nil
}

// A loan starts in the years 1900 to 9900, so that every due date has four digits for its year.
var (
	earliestStart = calendar.NewDate(1900, 1, 1)
	latestStart   = calendar.NewDate(9900, 1, 1)
)

// firstDueValid wants a first due date after the start, and not absurdly long after.
func (t Terms) firstDueValid() bool {
	return t.FirstDue.IsZero() ||
		t.FirstDue > t.Start && t.FirstDue <= t.Start.AddMonths(MaxFirstMonths)
}

// multipleValid refuses a multiple that nothing could be rounded to: the methods without a level part
// have no use for one.
func (t Terms) multipleValid() bool {
	m := t.InstalmentMultipleMinor
	if t.Method == EqualInstalment || t.Method == EqualPrincipal {
		return m >= 0 && m <= t.PrincipalMinor
	}
	return m == 0 || m == 1
}

// withDefaults fills in what may be left out.
func (t Terms) withDefaults() Terms {
	if t.MonthEnd == "" {
		t.MonthEnd = calendar.Clamp
	}
	if t.Rounding == "" {
		t.Rounding = money.HalfEven
	}
	t.InstalmentMultipleMinor = max(t.InstalmentMultipleMinor, 1)
	return t
}
