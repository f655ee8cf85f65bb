package schedule

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// MaxAllInPPM is the highest rate that AllInRatePPM looks for: 100,000 % a year.
const MaxAllInPPM money.PPM = 1_000_000_000

// ErrNoRate says that no rate up to MaxAllInPPM explains the payments: they begin to exceed what was
// lent before any time has passed, or all but.
var ErrNoRate = errors.New("no rate explains these payments")

// AllInRatePPM is the nominal rate a year, twelve times the monthly internal rate, at which all that
// the borrower pays (principal, interest and every charge) is worth what the borrower received on the
// day of the start. Whatever was deducted up front belongs neither into the principal given here nor
// into the rows.
//
// A payment is a number of whole months and odd days away, and is worth its amount divided by
// (1 + days/30·i)(1 + i)^months, the actuarial method of the United States' Regulation Z, appendix J.
// Months count back from the due date; a due date on the start's day of the month, or on the last
// day of a month without it, has no odd days.
//
// The result is exact: the least whole number of parts per million at which the payments are worth no
// more than the principal, so it is the true rate rounded up. It is never below zero.
func AllInRatePPM(principal money.Minor, start calendar.Date, rows []Row) (money.PPM, error) {
	if principal <= 0 {
		return 0, fmt.Errorf("all-in rate: %w", ErrNegative)
	}
	flows, err := flowsOf(start, rows)
	if err != nil {
		return 0, fmt.Errorf("all-in rate: %w", err)
	}
	rate := flows.guess(principal)
	for !flows.repaidAt(rate, principal) {
		if rate++; rate > MaxAllInPPM {
			return 0, fmt.Errorf("all-in rate: %w", ErrNoRate)
		}
	}
	for rate > 0 && flows.repaidAt(rate-1, principal) {
		rate--
	}
	return rate, nil
}

// flow is a payment at its distance from the start.
type flow struct {
	amount money.Minor
	months int
	days   int // odd ones, 0 to 30
}

// flows are payments in the order of their distance.
type flows []flow

// maxMonths bounds the distance of a payment; every schedule of this package lies within it.
const maxMonths = MaxInstalments + MaxFirstMonths

// flowsOf measures each row's distance from the start.
func flowsOf(start calendar.Date, rows []Row) (flows, error) {
	measured := make(flows, 0, len(rows))
	previous, total := start, money.Minor(0)
	for _, row := range rows {
		if row.Due < previous {
			return nil, fmt.Errorf("instalment %d: %w", row.Number, ErrInterval)
		}
		previous = row.Due
		amount, err := row.TotalMinor()
		if err != nil {
			return nil, err
		}
		if row.PrincipalMinor < 0 || row.InterestMinor < 0 || amount < 0 {
			return nil, fmt.Errorf("instalment %d: %w", row.Number, ErrNegative)
		}
		if total, err = money.Add(total, amount); err != nil {
			return nil, err
		}
		months, days := distance(start, row.Due)
		if months > maxMonths {
			return nil, fmt.Errorf("instalment %d: %w", row.Number, ErrInterval)
		}
		measured = append(measured, flow{amount, months, days})
	}
	return measured, nil
}

// distance counts whole months back from the due date, and the odd days before them.
func distance(start, due calendar.Date) (months, days int) {
	startYear, startMonth, startDay := start.Civil()
	dueYear, dueMonth, dueDay := due.Civil()
	months = (dueYear-startYear)*12 + dueMonth - startMonth
	if dueDay == startDay || dueDay < startDay && due == due.MonthEnd() {
		return months, 0
	}
	if due.AddMonths(-months) < start {
		months--
	}
	return months, calendar.Days(start, due.AddMonths(-months))
}

// monthlyUnit turns parts per million a year into a monthly rate: rate / monthlyUnit.
const monthlyUnit = 12 * int64(money.Million)

// oddUnit turns a rate a year into one for an odd day: rate / oddUnit.
const oddUnit = 30 * monthlyUnit

// guess finds the rate by bisection in fixed-point arithmetic of 62 bits. It may be off by a few
// parts per million, which the exact test then mends.
func (f flows) guess(principal money.Minor) money.PPM {
	low, high := money.PPM(0), MaxAllInPPM
	for low < high {
		middle := low + (high-low)/2
		if f.worthAbout(middle) <= uint64(principal) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// worthAbout is the value of the payments at a rate, in whole minor units, rounded down.
func (f flows) worthAbout(rate money.PPM) uint64 {
	const one = 1 << 62
	discount, months := uint64(one), 0
	var high, low uint64
	for _, payment := range f {
		for ; months < payment.months; months++ {
			discount = scale(discount, monthlyUnit, monthlyUnit+int64(rate))
		}
		odd := scale(discount, oddUnit, oddUnit+int64(payment.days)*int64(rate))
		productHigh, productLow := bits.Mul64(uint64(payment.amount), odd)
		var carry uint64
		low, carry = bits.Add64(low, productLow, 0)
		high, _ = bits.Add64(high, productHigh, carry)
	}
	return high<<2 | low>>62
}

// scale returns v*num/den rounded down, for num <= den.
func scale(v uint64, num, den int64) uint64 {
	high, low := bits.Mul64(v, uint64(num))
	quotient, _ := bits.Div64(high, low, uint64(den))
	return quotient
}

// repaidAt decides in exact arithmetic whether the payments are worth no more than the principal at a
// rate. Value is worth/unit, gathered from the last payment back to the start.
func (f flows) repaidAt(rate money.PPM, principal money.Minor) bool {
	worth, unit := new(big.Int), big.NewInt(1)
	factor, added := new(big.Int), new(big.Int)
	for i := len(f) - 1; i >= 0; i-- {
		payment := f[i]
		added.Mul(unit, factor.SetInt64(int64(payment.amount)))
		if payment.days > 0 {
			added.Mul(added, factor.SetInt64(oddUnit))
			factor.SetInt64(oddUnit + int64(payment.days)*int64(rate))
			worth.Mul(worth, factor)
			unit.Mul(unit, factor)
		}
		worth.Add(worth, added)
		months := payment.months
		if i > 0 {
			months -= f[i-1].months
		}
		worth.Mul(worth, power(factor, monthlyUnit, months))
		unit.Mul(unit, power(factor, monthlyUnit+int64(rate), months))
	}
	return worth.Cmp(unit.Mul(unit, factor.SetInt64(int64(principal)))) <= 0
}

// power sets x to base^exponent.
func power(x *big.Int, base int64, exponent int) *big.Int {
	x.SetInt64(base)
	if exponent == 1 {
		return x
	}
	return x.Exp(x, big.NewInt(int64(exponent)), nil)
}
