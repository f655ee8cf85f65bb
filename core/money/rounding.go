package money

import (
	"fmt"
	"math/bits"
)

// Rounding names what becomes of the fraction that a division leaves. All four are symmetrical: a
// negative amount rounds to the mirror image of the positive one.
type Rounding string

// The roundings that terms and rules may name.
const (
	Down     Rounding = "down"      // towards zero
	Up       Rounding = "up"        // away from zero
	HalfUp   Rounding = "half_up"   // to the nearest, a half away from zero
	HalfEven Rounding = "half_even" // to the nearest, a half to the even neighbour
)

// Valid reports whether the rounding is one of the four.
func (r Rounding) Valid() bool {
	switch r {
	case Down, Up, HalfUp, HalfEven:
		return true
	}
	return false
}

// MulDiv returns a*num/den with one rounding at the end: the product is kept in 128 bits, so nothing
// is lost before the division. It fails with ErrDivisor, ErrRounding, or ErrOverflow when the result
// does not fit.
func MulDiv(a Minor, num, den int64, r Rounding) (Minor, error) {
	if den == 0 {
		return 0, ErrDivisor
	}
	high, low := bits.Mul64(magnitude(int64(a)), magnitude(num))
	divisor := magnitude(den)
	if high >= divisor {
		return 0, ErrOverflow
	}
	quotient, remainder := bits.Div64(high, low, divisor)
	up, err := r.raises(quotient, remainder, divisor)
	if err != nil {
		return 0, err
	}
	if up {
		quotient++
		if quotient == 0 {
			return 0, ErrOverflow
		}
	}
	negative := (int64(a) < 0) != (num < 0) != (den < 0)
	return signed(quotient, negative)
}

// raises decides whether quotient, with remainder of divisor left over, moves one away from zero.
func (r Rounding) raises(quotient, remainder, divisor uint64) (bool, error) {
	// remainder < divisor, so the distance to the next unit cannot wrap; comparing the two
	// distances avoids doubling a remainder that may use all 64 bits.
	above := divisor - remainder
	switch r {
	case Down:
		return false, nil
	case Up:
		return remainder > 0, nil
	case HalfUp:
		return remainder >= above, nil
	case HalfEven:
		return remainder > above || remainder == above && quotient&1 == 1, nil
	}
	return false, fmt.Errorf("%w %q", ErrRounding, string(r))
}

// magnitude is the absolute value; it is defined for the least int64 too.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// signed puts the sign back on a magnitude, or reports that it does not fit.
func signed(m uint64, negative bool) (Minor, error) {
	const least = 1 << 63
	switch {
	case negative && m <= least:
		return Minor(-m), nil
	case !negative && m < least:
		return Minor(m), nil
	}
	return 0, ErrOverflow
}
