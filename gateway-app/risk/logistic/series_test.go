package logistic_test

import (
	"math"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

func TestSeriesAreCloseToTheStandardLibrary(t *testing.T) {
	for x := -60.; x <= 60; x += .00713 {
		got, want := logistic.Exp(x), math.Exp(x)
		if math.Abs(got/want-1) > 5e-16 {
			t.Fatalf("Exp(%v) is %v, not %v", x, got, want)
		}
		if got := logistic.Log(want); math.Abs(got-math.Log(want)) > 5e-16*max(1, math.Abs(x)) {
			t.Fatalf("Log(%v) is %v, not %v", want, got, math.Log(want))
		}
	}
	for _, x := range []float64{0, math.Inf(1), math.Inf(-1), 1e308, -1e308} {
		if p := logistic.Probability(x); !(p >= 0 && p <= 1) {
			t.Errorf("log-odds of %v are a chance of %v", x, p)
		}
	}
	if logistic.Exp(0) != 1 || logistic.Log(1) != 0 {
		t.Error("nothing is not nothing")
	}
}
