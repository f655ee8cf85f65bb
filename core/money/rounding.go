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

// Rest says how much of a unit a division left over. It is all that a rounding needs to know besides
// whether the whole part is odd.
type Rest int8

// What a division may leave over.
const (
	Nothing Rest = iota
	BelowHalf
	Half
	AboveHalf
)

// RestOf places remainder/divisor among the four. The remainder must be less than the divisor.
func RestOf(remainder, divisor uint64) Rest {
	// Comparing with the distance to the next unit avoids doubling what may use all 64 bits.
	above := divisor - remainder
	switch {
	case remainder == 0:
		return Nothing
	case remainder < above:
		return BelowHalf
	case remainder == above:
		return Half
	}
	return AboveHalf
}

// Raises decides whether a result whose whole part is odd or even, with the rest left over, moves one
// unit away from zero. An unknown rounding is refused with ErrRounding.
func (r Rounding) Raises(odd bool, rest Rest) (bool, error) {
	switch r {
	case Down:
		return false, nil
	case Up:
		return rest != Nothing, nil
	case HalfUp:
		return rest >= Half, nil
	case HalfEven:
		return rest == AboveHalf || rest == Half && odd, nil
	}
	return false, fmt.Errorf("%w %q", ErrRounding, string(r))
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
	up, err := r.Raises(quotient&1 == 1, RestOf(remainder, divisor))
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
