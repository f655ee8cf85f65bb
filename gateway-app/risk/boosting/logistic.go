package boosting

import "math"

// math.Exp and math.Log round differently on different processors: assembly here, fused multiplication there.
// A forest must come out the same everywhere, and a probability be computed again years later, so these are
// plain series in which every product is rounded before it is added: the explicit conversions forbid the
// compiler to fuse.

const (
	ln2High = 6.93147180369123816490e-01 // the first 33 bits: whole multiples of it are exact
	ln2Low  = math.Ln2 - ln2High
)

// taylor holds 1/n!, from 13 down to 0. Within ln(2)/2 the next term is below a unit in the last place.
var taylor = [...]float64{
	1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
	1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1,
}

// exponential is e^x for x within ±700; beyond, that of the bound.
func exponential(x float64) float64 {
	x = min(max(x, -700), 700)
	power := math.RoundToEven(float64(x * math.Log2E))
	rest := x - float64(power*ln2High) - float64(power*ln2Low)
	sum := taylor[0]
	for _, term := range taylor[1:] {
		sum = float64(sum*rest) + term
	}
	return sum * math.Float64frombits(uint64(1023+int64(power))<<52)
}

// logarithm is the natural one of a positive normal number: twice the inverse hyperbolic tangent of
// (f-1)/(f+1), for f within a factor of the square root of two about 1.
func logarithm(x float64) float64 {
	fraction, power := math.Frexp(x)
	if fraction < math.Sqrt2/2 {
		fraction, power = fraction*2, power-1
	}
	tangent := (fraction - 1) / (fraction + 1)
	square := tangent * tangent
	sum := 0.0
	for odd := 23.0; odd >= 1; odd -= 2 {
		sum = float64(sum*square) + 1/odd
	}
	return float64(float64(power)*ln2High) + (float64(float64(power)*ln2Low) + float64(2*float64(tangent*sum)))
}

// logistic turns a margin into a probability.
func logistic(margin float64) float64 { return 1 / (1 + exponential(-margin)) }

// loss is the negative logarithm of the probability that a margin gave to what came true.
func loss(margin float64, bad bool) float64 {
	if bad {
		margin = -margin
	}
	return max(margin, 0) + logarithm(1+exponential(-math.Abs(margin)))
}
