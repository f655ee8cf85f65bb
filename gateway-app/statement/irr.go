package statement

import (
	"math"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// Flow is money that an investor pays (negative) or gets (positive) on a day.
type Flow struct {
	On          calendar.Date
	AmountMinor money.Minor
}

// The growth factors a year among which IRR looks: from losing all but a ten-thousandth to ten-thousandfold.
const (
	lowestGrowth  = 1e-4
	highestGrowth = 1e4
	scanSteps     = 4096
	yearDays      = 365
)

// IRR is the money-weighted return a year: the rate r at which the flows are worth nothing together,
//
//	Σ amount ÷ (1 + r)^(days since the first flow ÷ 365) = 0,
//
// as the spreadsheet function XIRR has it (days actual, years of 365). The answer is rounded to a millionth, half to
// even, and known only where one rate solves the equation. Flows of one day count as one. Where their signs change
// once, Descartes' rule of signs, which holds for real exponents too, leaves one root at most. Where they change more
// often, every part of 1/4096 of the range of growth, on a logarithmic scale, is looked at, and more than one change
// of sign of the sum means that no rate is the rate. The root is enclosed and halved, so nothing depends on a guess.
func IRR(flows []Flow) (money.PPM, bool) {
	days := daily(flows)
	if changes(days) == 0 {
		return 0, false
	}
	low, high := math.Log(lowestGrowth), math.Log(highestGrowth)
	from, to, found := 0.0, 0.0, 0
	before, beforeAt := days.worth(low), low
	for i := 1; i <= scanSteps; i++ {
		at := low + (high-low)*float64(i)/scanSteps
		worth := days.worth(at)
		if worth == 0 {
			worth = math.Copysign(math.SmallestNonzeroFloat64, -before) // a root on the line belongs to the part before it
		}
		if (before < 0) != (worth < 0) {
			from, to, found = beforeAt, at, found+1
		}
		before, beforeAt = worth, at
	}
	if found != 1 {
		return 0, false
	}
	return money.PPM(math.RoundToEven(math.Expm1(days.halve(from, to)) * float64(money.Million))), true
}

// dailyFlows are flows by day, the earliest first, none of them zero.
type dailyFlows []Flow

func daily(flows []Flow) dailyFlows {
	sorted := slices.Clone(flows)
	slices.SortStableFunc(sorted, func(a, b Flow) int { return calendar.Days(b.On, a.On) })
	var days dailyFlows
	for _, f := range sorted {
		if n := len(days); n > 0 && days[n-1].On == f.On {
			days[n-1].AmountMinor += f.AmountMinor
			continue
		}
		days = append(days, f)
	}
	return slices.DeleteFunc(days, func(f Flow) bool { return f.AmountMinor == 0 })
}

// changes counts how often money turns its direction.
func changes(days dailyFlows) int {
	n := 0
	for i := 1; i < len(days); i++ {
		if (days[i].AmountMinor < 0) != (days[i-1].AmountMinor < 0) {
			n++
		}
	}
	return n
}

// worth is the flows' present value, discounted at the logarithm of a growth factor a year.
func (d dailyFlows) worth(growth float64) float64 {
	sum := 0.0
	for _, f := range d {
		years := float64(calendar.Days(d[0].On, f.On)) / yearDays
		sum += float64(f.AmountMinor) * math.Exp(-growth*years)
	}
	return sum
}

// halve narrows an enclosed root down until no number lies between its ends.
func (d dailyFlows) halve(low, high float64) float64 {
	falling := d.worth(low) > 0
	for range 200 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if (d.worth(middle) > 0) == falling {
			low = middle
		} else {
			high = middle
		}
	}
	return low + (high-low)/2
}
