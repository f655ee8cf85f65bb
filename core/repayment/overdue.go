package repayment

import (
	"math/bits"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// penaltyYearDays is the year in which penalty is reckoned by the day: actual/365.
const penaltyYearDays = 365

// payment is principal that arrived on a value date.
type payment struct {
	on        calendar.Date
	principal money.Minor
}

// paymentsOf lists the receipts that a loan has seen and that were not reversed, by value date.
func paymentsOf(receipts []loan.Seen) []payment {
	list := make([]payment, 0, len(receipts)+1)
	for _, r := range receipts {
		if !r.Reversed {
			list = append(list, payment{r.ValueDate, r.PrincipalMinor})
		}
	}
	slices.SortFunc(list, func(a, b payment) int { return calendar.Days(b.on, a.on) })
	return list
}

// minorDays is a sum of overdue principal × days. It has 128 bits, because the largest principal times the
// longest term has more than 64.
type minorDays struct{ high, low uint64 }

func (m *minorDays) add(principal money.Minor, days int) {
	high, low := bits.Mul64(uint64(principal), uint64(days))
	var carry uint64
	m.low, carry = bits.Add64(m.low, low, 0)
	m.high += high + carry
}

// at is the penalty that the sum bears at a yearly rate, rounded half to even once.
func (m minorDays) at(rate money.PPM) (money.Minor, error) {
	const divisor = uint64(money.Million) * penaltyYearDays
	upper, lower := bits.Mul64(m.high, uint64(rate))
	high, low := bits.Mul64(m.low, uint64(rate))
	high, carry := bits.Add64(high, lower, 0)
	if upper+carry > 0 || high >= divisor {
		return 0, money.ErrOverflow
	}
	quotient, remainder := bits.Div64(high, low, divisor)
	up, err := money.HalfEven.Raises(quotient&1 == 1, money.RestOf(remainder, divisor))
	if err != nil || quotient >= 1<<63-1 {
		return 0, money.ErrOverflow
	}
	if up {
		quotient++
	}
	return money.Minor(quotient), nil
}

// overdue adds up, day by day until the value date, the principal that was due and had not arrived. It
// walks the dates on which something fell due or arrived; between them nothing changes. Everything
// counts by its value date, so it makes no difference in which order receipts became known.
func (l ledger) overdue(payments []payment, until calendar.Date) minorDays {
	var total minorDays
	var due, paid money.Minor
	rows := l.rows
	for len(rows) > 0 || due > paid {
		day := until
		if len(rows) > 0 {
			day = min(day, rows[0].Due)
		}
		if len(payments) > 0 {
			day = min(day, payments[0].on)
		}
		for len(rows) > 0 && rows[0].Due <= day {
			due += rows[0].PrincipalMinor
			rows = rows[1:]
		}
		for len(payments) > 0 && payments[0].on <= day {
			paid += payments[0].principal
			payments = payments[1:]
		}
		if day >= until {
			return total
		}
		if due > paid {
			next := until
			if len(rows) > 0 {
				next = min(next, rows[0].Due)
			}
			if len(payments) > 0 {
				next = min(next, payments[0].on)
			}
			total.add(due-paid, calendar.Days(day, next))
		}
	}
	return total
}

// penalty is what overdue principal has borne until the value date and was not paid. More may have been
// paid than that, when a backdated receipt shortened the delay; it then counts against what comes.
func (l ledger) penalty(payments []payment, until calendar.Date, paid money.Minor) (money.Minor, error) {
	if l.state.PenaltyRatePPM == 0 {
		return 0, nil
	}
	accrued, err := l.overdue(payments, until).at(l.state.PenaltyRatePPM)
	if err != nil {
		return 0, fault.In(fault.Overflow, "penalty")
	}
	return max(0, accrued-paid), nil
}

// restated is the penalty still owed once a backdated receipt is counted: what accrued between its value
// date and the latest one that the loan has seen, on principal that this receipt did not bring.
func (l ledger) restated(value calendar.Date, parts loan.Parts) (money.Minor, error) {
	payments := l.payments
	if len(payments) == 0 || payments[len(payments)-1].on <= value {
		return 0, nil
	}
	latest := payments[len(payments)-1].on
	at := slices.IndexFunc(payments, func(p payment) bool { return p.on > value })
	payments = slices.Insert(slices.Clone(payments), at, payment{value, parts.PrincipalMinor})
	return l.penalty(payments, latest, l.state.Paid.PenaltyMinor+parts.PenaltyMinor)
}
