package schedule

import (
	"math/big"
	"math/bits"

	"github.com/tallystick/tallystick/core/money"
)

// levelPayment is the payment that, made at the end of every period, repays the principal with
// interest: P·G/S, where G is the growth of one unit over all periods and S what unit payments grow
// to until the last. It is rounded once, to a multiple.
//
// The result is always that of exact arithmetic. Fixed-point arithmetic with a proven bound on its
// error decides nearly every case in a fraction of the time; whenever the bound leaves the rounding
// in doubt, the exact value decides.
func levelPayment(principal money.Minor, p periods, multiple money.Minor, r money.Rounding) (money.Minor, error) {
	if level, ok := boundedLevel(principal, p, multiple, r); ok {
		return level, nil
	}
	return exactLevel(principal, p, multiple, r)
}

// exactLevel solves the annuity in whole numbers of any size. Over k periods, counted from the last,
// growth and sum carry the common denominators D^k and D^(k-1).
func exactLevel(principal money.Minor, p periods, multiple money.Minor, r money.Rounding) (money.Minor, error) {
	denominator := big.NewInt(p.denominator)
	growth, sum, factor := big.NewInt(1), new(big.Int), new(big.Int)
	for i := len(p.numerators) - 1; i >= 0; i-- {
		sum.Mul(sum, denominator).Add(sum, growth)
		growth.Mul(growth, factor.SetInt64(p.denominator+p.numerators[i]))
	}
	growth.Mul(growth, factor.SetInt64(int64(principal)))
	sum.Mul(sum, denominator).Mul(sum, factor.SetInt64(int64(multiple)))
	units, rest := growth.QuoRem(growth, sum, new(big.Int))
	up, err := r.Raises(units.Bit(0) == 1, restOf(rest, sum))
	if err != nil {
		return 0, err
	}
	if up {
		units.Add(units, big.NewInt(1))
	}
	if !units.IsInt64() {
		return 0, money.ErrOverflow
	}
	return money.MulDiv(money.Minor(units.Int64()), int64(multiple), 1, money.Down)
}

// restOf places remainder/divisor as money.RestOf does.
func restOf(remainder, divisor *big.Int) money.Rest {
	if remainder.Sign() == 0 {
		return money.Nothing
	}
	above := new(big.Int).Sub(divisor, remainder)
	return money.Half + money.Rest(remainder.Cmp(above))
}

// fixed is a number that is not negative: whole + fraction/2^64.
type fixed struct{ whole, fraction uint64 }

// boundedLevel computes the level payment with 62 significant bits, brackets the exact value, and
// answers only if both ends of the bracket round alike; rounding being monotonous, the exact value
// then rounds so too.
//
// Growth is kept within [2^62, 2^63) by halving it together with the sum. Each step drops less than
// one unit twice, by the division and by the halving, which is a relative error of at most 2·2^-62;
// the sum is made of such terms and loses another unit at each halving. So after n periods neither is
// low by more than 3n·2^-62, and neither is ever high.
func boundedLevel(principal money.Minor, p periods, multiple money.Minor, r money.Rounding) (money.Minor, bool) {
	growth, sum, ok := p.grow()
	if !ok {
		return 0, false
	}
	shift := bits.Len64(sum.whole)
	divisor := sum.fraction>>shift | sum.whole<<(64-shift)
	high, low := bits.Mul64(uint64(principal), growth)
	if high >= divisor {
		return 0, false
	}
	quotient, remainder := bits.Div64(high, low, divisor)
	fraction, _ := bits.Div64(remainder, 0, divisor)
	level := fixed{quotient >> shift, quotient<<(64-shift) | fraction>>shift}
	// In units of 2^-64: the relative error, with room for the divisor's and the last quotient's own.
	overflow, margin := bits.Mul64(level.whole+1, uint64(4*len(p.numerators)+8)<<2)
	if overflow != 0 || level.whole == 0 && level.fraction < margin {
		return 0, false
	}
	least, errLeast := level.minus(margin).round(uint64(multiple), r)
	most, errMost := level.plus(margin).round(uint64(multiple), r)
	return money.Minor(least), errLeast == nil && errMost == nil && least == most && least <= 1<<62
}

// grow returns the growth of one unit over all periods and the sum of what unit payments grow to, in
// one common scale. The sum uses 128 bits, upper half in whole. It declines periods that more than
// double a balance.
func (p periods) grow() (growth uint64, sum fixed, ok bool) {
	const one = 1 << 62
	growth = one
	denominator := uint64(p.denominator)
	for i := len(p.numerators) - 1; i >= 0; i-- {
		var carry uint64
		sum.fraction, carry = bits.Add64(sum.fraction, growth, 0)
		sum.whole += carry
		high, low := bits.Mul64(growth, denominator+uint64(p.numerators[i]))
		if high >= denominator {
			return 0, fixed{}, false
		}
		growth, _ = bits.Div64(high, low, denominator)
		if growth >= 2*one {
			growth >>= 1
			sum.fraction = sum.fraction>>1 | sum.whole<<63
			sum.whole >>= 1
		}
	}
	return growth, sum, true
}

func (f fixed) plus(fraction uint64) fixed {
	sum, carry := bits.Add64(f.fraction, fraction, 0)
	return fixed{f.whole + carry, sum}
}

func (f fixed) minus(fraction uint64) fixed {
	diff, borrow := bits.Sub64(f.fraction, fraction, 0)
	return fixed{f.whole - borrow, diff}
}

// round rounds to a multiple of a whole number.
func (f fixed) round(multiple uint64, r money.Rounding) (uint64, error) {
	units := f.whole / multiple
	up, err := r.Raises(units&1 == 1, f.restOf(multiple))
	if err != nil {
		return 0, err
	}
	if up {
		units++
	}
	return units * multiple, nil
}

// restOf places what f leaves over beyond a multiple.
func (f fixed) restOf(multiple uint64) money.Rest {
	over := f.whole % multiple
	aboveLow, borrow := bits.Sub64(0, f.fraction, 0)
	above := multiple - over - borrow
	switch {
	case over == 0 && f.fraction == 0:
		return money.Nothing
	case over < above || over == above && f.fraction < aboveLow:
		return money.BelowHalf
	case over == above && f.fraction == aboveLow:
		return money.Half
	}
	return money.AboveHalf
}
