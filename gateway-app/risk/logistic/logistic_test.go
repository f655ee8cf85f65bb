package logistic_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// Hours of study and whether the examination was passed: the worked example of many textbooks. The expected
// numbers were computed once with R 4.2.2: glm(family = binomial, epsilon = 1e-14) with and without the square,
// and optim(method = "BFGS") on the penalised likelihood for the ridge.
var (
	hours  = []float64{.5, .75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5}
	passed = []bool{
		false, false, false, false, false, false, true, false, true, false,
		true, false, true, false, true, true, true, true, true, true,
	}
)

func squared(x []float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = x[i] * x[i]
	}
	return y
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.15g, R says %.15g", what, got, want)
	}
}

func TestOneColumnAsRFitsIt(t *testing.T) {
	fit, err := logistic.Regress([][]float64{hours}, passed, logistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "intercept", fit.Intercept, -4.07771343108763, 1e-9)
	near(t, "weight", fit.Weights[0], 1.50464542837333, 1e-9)
	near(t, "intercept's error", fit.InterceptError, 1.760994314084708, 1e-7)
	near(t, "weight's error", fit.Errors[0], 0.628720845913968, 1e-7)
	near(t, "log-likelihood", fit.LogLikelihood, -8.02987846434467, 1e-10)
}

func TestTwoColumnsAsRFitsThem(t *testing.T) {
	fit, err := logistic.Regress([][]float64{hours, squared(hours)}, passed, logistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "intercept", fit.Intercept, -3.7312335922437327, 1e-8)
	near(t, "first weight", fit.Weights[0], 1.2137342462879319, 1e-8)
	near(t, "second weight", fit.Weights[1], 0.0529052526386499, 1e-8)
	near(t, "second error", fit.Errors[1], 0.487820041661021, 1e-7)
	near(t, "log-likelihood", fit.LogLikelihood, -8.02393351682278, 1e-10)
}

func TestRidgeAsRMaximisesIt(t *testing.T) {
	for _, start := range [][]float64{nil, {1, 1, -.5}} {
		fit, err := logistic.Regress([][]float64{hours, squared(hours)}, passed, logistic.Options{Ridge: 2, Start: start})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "intercept", fit.Intercept, -2.383384561593587, 1e-7)
		near(t, "first weight", fit.Weights[0], 0.123420114875984, 1e-7)
		near(t, "second weight", fit.Weights[1], 0.243562451973081, 1e-7)
	}
}

func TestRefusals(t *testing.T) {
	alike := make([]bool, len(passed))
	apart := make([]bool, len(passed))
	for i := range apart {
		apart[i] = i >= 10
	}
	holed := append([]float64{math.NaN()}, hours[1:]...)
	cases := []struct {
		name    string
		columns [][]float64
		event   []bool
		options logistic.Options
		refusal string
	}{
		{"one kind of outcome", [][]float64{hours}, alike, logistic.Options{}, "both kinds are needed"},
		{"a short column", [][]float64{hours[1:]}, passed, logistic.Options{}, "has 19 rows"},
		{"a hole", [][]float64{holed}, passed, logistic.Options{}, "not a finite number"},
		{"the same column twice", [][]float64{hours, hours}, passed, logistic.Options{}, "combination of others"},
		{"outcomes set apart", [][]float64{hours}, apart, logistic.Options{}, "set a ridge"},
		{"a start of the wrong length", [][]float64{hours}, passed, logistic.Options{Start: []float64{1}}, "2 are needed"},
	}
	for _, c := range cases {
		if _, err := logistic.Regress(c.columns, c.event, c.options); err == nil || !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s: %v, want %q", c.name, err, c.refusal)
		}
	}
	for _, columns := range [][][]float64{{hours, hours}, {hours}} {
		if _, err := logistic.Regress(columns, apart, logistic.Options{Ridge: .1}); err != nil {
			t.Errorf("with a ridge: %v", err)
		}
	}
}

func TestSameFiguresSameWeights(t *testing.T) {
	one, err := logistic.Regress([][]float64{hours, squared(hours)}, passed, logistic.Options{Ridge: .5})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		two, _ := logistic.Regress([][]float64{hours, squared(hours)}, passed, logistic.Options{Ridge: .5})
		if one.Intercept != two.Intercept || one.Weights[0] != two.Weights[0] || one.Weights[1] != two.Weights[1] {
			t.Fatalf("%v and %v", one, two)
		}
	}
}
