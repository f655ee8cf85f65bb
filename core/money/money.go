// Package money counts money in whole minor units and never loses, invents or overflows one.
//
// The rule is the second of the design: amounts are int64 minor units with a currency, rates are
// integers in parts per million, and every division names its rounding. Sums are checked, because a
// balance that wraps around is worse than a command that is refused. Minor units and currency codes
// follow ISO 4217.
//
// The package never converts between currencies, never holds a fraction of a minor unit and never
// uses floating point. Where a result cannot be represented it says so; it does not saturate.
package money

import (
	"errors"
	"math/bits"
)

// What the arithmetic refuses. Callers compare with errors.Is.
var (
	ErrOverflow = errors.New("amount exceeds 64 bits")
	ErrDivisor  = errors.New("division by zero")
	ErrRounding = errors.New("unknown rounding")
	ErrCurrency = errors.New("currency is not three upper-case letters")
	ErrSyntax   = errors.New("not an amount in this currency")
)

// Minor is an amount in the smallest unit of its currency: fen for CNY, cents for USD. It is a
// number in JSON.
type Minor int64

// PPM is a proportion in parts per million; as a rate it is a year's. 120000 is 12 %.
type PPM int64

// Million is the PPM that leaves an amount as it is.
const Million PPM = 1_000_000

// Of takes the proportion of an amount, rounded as named.
func (p PPM) Of(amount Minor, r Rounding) (Minor, error) {
	return MulDiv(amount, int64(p), int64(Million), r)
}

// Add returns a + b, or ErrOverflow.
func Add(a, b Minor) (Minor, error) {
	sum := a + b
	// Only operands of one sign can overflow, and then the sum has the other.
	if (a^sum)&(b^sum) < 0 {
		return 0, ErrOverflow
	}
	return sum, nil
}

// Sub returns a - b, or ErrOverflow.
func Sub(a, b Minor) (Minor, error) {
	diff := a - b
	if (a^b)&(a^diff) < 0 {
		return 0, ErrOverflow
	}
	return diff, nil
}

// Sum adds any number of amounts. The verdict depends on the total alone: an intermediate sum beyond
// 64 bits is harmless, so the order of the amounts never decides whether they can be added.
func Sum(amounts ...Minor) (Minor, error) {
	var high, low uint64
	for _, a := range amounts {
		var carry uint64
		low, carry = bits.Add64(low, uint64(a), 0)
		high += uint64(a>>63) + carry // a's sign extends into the upper word
	}
	total := Minor(low)
	if high != uint64(total>>63) {
		return 0, ErrOverflow
	}
	return total, nil
}
