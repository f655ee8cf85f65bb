package logistic

import "math"

// The standard library's exponential is assembly on some processors, and its logarithm may be fused on others,
// so that their last bits differ. Weights, points and probabilities must be the same wherever they are computed
// again: these series round every product before it is added.

const (
	ln2Upper = 6.93147180369123816490e-01 // its low bits are zero: a whole power times it is exact
	ln2Lower = 1.90821492927058770002e-10 // what it lacks of ln 2

	expTerms    = 14 // the next is below half a unit in the last place of the sum
	logTerms    = 12
	mostOdds    = 700 // e to the power of more nears the end of what a number holds
	oneExponent = 1023
	mantissa    = 52
)

// Exp is e to the power of x, the same on every processor, within two units in the last place. Powers beyond
// ±700 are those of ±700.
func Exp(x float64) float64 {
	x = max(min(x, mostOdds), -mostOdds)
	power := math.RoundToEven(x / math.Ln2)
	rest := (x - float64(power*ln2Upper)) - float64(power*ln2Lower)
	sum := 1.0
	for n := float64(expTerms - 1); n >= 1; n-- {
		sum = 1 + float64(rest*sum)/n
	}
	return sum * math.Float64frombits(uint64(int64(power)+oneExponent)<<mantissa)
}

// Log is the natural logarithm of a positive, normal number, the same on every processor: ln x is the power of
// two times ln 2, and 2·artanh((f−1)/(f+1)) of what is left, a number near one.
func Log(x float64) float64 {
	f, power := math.Frexp(x)
	if f < math.Sqrt2/2 {
		f, power = 2*f, power-1
	}
	t := (f - 1) / (f + 1)
	square, sum := t*t, 0.0
	for k := logTerms - 1; k >= 0; k-- {
		sum = 1/float64(2*k+1) + float64(square*sum)
	}
	artanh := float64(t * sum)
	return float64(float64(power)*ln2Upper) + (2*artanh + float64(float64(power)*ln2Lower))
}
