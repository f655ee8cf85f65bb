// Package logistic fits logistic regressions: the chance of an event as a weighted sum of numbers.
//
// The rule: weights maximise the log-likelihood less half the ridge times the sum of the squared weights; the
// intercept is not held back. They are found by iteratively reweighted least squares, which is Newton's method
// on this function (McCullagh and Nelder, Generalized Linear Models, 2nd edition 1989, section 2.5), with the
// step halved until the function rises. Standard errors are the square roots of the inverse Hessian's diagonal.
//
// What is guaranteed: sums run over rows in their order and no product is fused with a sum, so that the same
// numbers give the same weights whenever and on whatever processors they are fitted.
//
// The package never scales, drops or invents a column, and takes no missing values.
package logistic

import (
	"errors"
	"fmt"
	"math"
)

// Options of a fit. The zero Options is an unpenalised fit.
type Options struct {
	Ridge float64   // the weight of the squared weights; 0 for none
	Start []float64 // intercept and weights to start from, such as a fit with a column more; none for the base rate
}

const (
	mostSteps    = 50
	mostHalvings = 30
	closeEnough  = 1e-9 // of the function's value, relative; Newton's next step would gain the square of it
)

// Fit is a regression: the log-odds of the event are Intercept plus the columns times Weights.
type Fit struct {
	Intercept      float64   `json:"intercept"`
	Weights        []float64 `json:"weights"`
	InterceptError float64   `json:"intercept_error"`
	Errors         []float64 `json:"errors"` // standard errors of Weights
	LogLikelihood  float64   `json:"log_likelihood"`
	Steps          int       `json:"steps"`
}

// Regress fits the event to columns, each with a number for every row. It refuses outcomes of one kind only,
// columns that are combinations of others (without a ridge), and figures that separate the outcomes wholly.
func Regress(columns [][]float64, event []bool, o Options) (Fit, error) {
	if err := check(columns, event, o.Start); err != nil {
		return Fit{}, fmt.Errorf("fit a logistic regression: %w", err)
	}
	p := problem{columns: columns, event: event, ridge: o.Ridge, odds: make([]float64, len(event))}
	beta := make([]float64, len(columns)+1)
	beta[0] = p.baseOdds()
	copy(beta, o.Start)
	value := p.objective(beta)
	for step := 1; step <= mostSteps; step++ {
		gradient, hessian := p.derivatives(beta)
		factor, err := cholesky(hessian)
		if err != nil {
			return Fit{}, fmt.Errorf("fit a logistic regression: %w", err)
		}
		next, reached := p.advance(beta, factor.solve(gradient), value)
		done := reached-value <= closeEnough*(math.Abs(value)+closeEnough)
		beta, value = next, reached
		if done {
			return p.fit(beta, step)
		}
	}
	return Fit{}, fmt.Errorf("fit a logistic regression: no maximum within %d steps: the columns separate the outcomes; set a ridge",
		mostSteps)
}

func check(columns [][]float64, event []bool, start []float64) error {
	if len(start) != 0 && len(start) != len(columns)+1 {
		return fmt.Errorf("%d numbers to start from, %d are needed", len(start), len(columns)+1)
	}
	events := 0
	for _, is := range event {
		if is {
			events++
		}
	}
	if events == 0 || events == len(event) {
		return fmt.Errorf("%d of %d outcomes are events; both kinds are needed", events, len(event))
	}
	for j, column := range columns {
		if len(column) != len(event) {
			return fmt.Errorf("column %d has %d rows, there are %d outcomes", j, len(column), len(event))
		}
		for i, x := range column {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("column %d, row %d is not a finite number", j, i)
			}
		}
	}
	return nil
}

type problem struct {
	columns [][]float64
	event   []bool
	ridge   float64
	odds    []float64 // log-odds of every row at the weights last looked at
}

// baseOdds starts the intercept where no column would move it.
func (p *problem) baseOdds() float64 {
	events := 0
	for _, is := range p.event {
		if is {
			events++
		}
	}
	return Log(float64(events) / float64(len(p.event)-events))
}

// objective is the penalised log-likelihood, and leaves the log-odds behind.
func (p *problem) objective(beta []float64) float64 {
	for i := range p.odds {
		p.odds[i] = beta[0]
	}
	penalty := 0.0
	for j, column := range p.columns {
		weight := beta[j+1]
		penalty += float64(weight * weight)
		for i, x := range column {
			p.odds[i] += float64(weight * x)
		}
	}
	return p.likelihood() - float64(p.ridge*penalty)/2
}

// likelihood is the log-likelihood at the log-odds that objective left.
func (p *problem) likelihood() float64 {
	total := 0.0
	for i, odds := range p.odds {
		if !p.event[i] {
			odds = -odds
		}
		total -= softPlus(-odds)
	}
	return total
}

// softPlus is ln(1+eˣ) without overflow.
func softPlus(x float64) float64 {
	return max(x, 0) + Log(1+Exp(-math.Abs(x)))
}

// Probability is the event's chance at these log-odds.
func Probability(odds float64) float64 {
	return 1 / (1 + Exp(-odds))
}

// derivatives are the objective's gradient and negative Hessian, the intercept first.
func (p *problem) derivatives(beta []float64) ([]float64, [][]float64) {
	n := len(p.columns) + 1
	gradient, hessian := make([]float64, n), make([][]float64, n)
	for j := range hessian {
		hessian[j] = make([]float64, j+1)
	}
	residual, weight := make([]float64, len(p.event)), make([]float64, len(p.event))
	for i, odds := range p.odds {
		chance := Probability(odds)
		weight[i] = chance * (1 - chance)
		if p.event[i] {
			residual[i] = 1 - chance
		} else {
			residual[i] = -chance
		}
		gradient[0] += residual[i]
		hessian[0][0] += weight[i]
	}
	weighted := make([]float64, len(p.event))
	for j, column := range p.columns {
		for i, x := range column {
			weighted[i] = weight[i] * x
			gradient[j+1] += float64(residual[i] * x)
			hessian[j+1][0] += weighted[i]
		}
		gradient[j+1] -= float64(p.ridge * beta[j+1])
		for k := 0; k <= j; k++ {
			hessian[j+1][k+1] = dot(weighted, p.columns[k])
		}
		hessian[j+1][j+1] += p.ridge
	}
	return gradient, hessian
}

// dot adds products in four sums, of every fourth each, so that a processor need not wait for one sum; their
// order is fixed like that of one.
func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var sums [4]float64
	whole := len(a) &^ 3
	for i := 0; i < whole; i += 4 {
		sums[0] += float64(a[i] * b[i])
		sums[1] += float64(a[i+1] * b[i+1])
		sums[2] += float64(a[i+2] * b[i+2])
		sums[3] += float64(a[i+3] * b[i+3])
	}
	for i := whole; i < len(a); i++ {
		sums[0] += float64(a[i] * b[i])
	}
	return (sums[0] + sums[1]) + (sums[2] + sums[3])
}

// advance goes the step, or the half, quarter … of it at which the objective does not fall.
func (p *problem) advance(beta, step []float64, value float64) ([]float64, float64) {
	share := 1.0
	for range mostHalvings {
		next := make([]float64, len(beta))
		for j := range beta {
			next[j] = beta[j] + float64(share*step[j])
		}
		if reached := p.objective(next); reached >= value {
			return next, reached
		}
		share /= 2
	}
	p.objective(beta)
	return beta, value
}

func (p *problem) fit(beta []float64, steps int) (Fit, error) {
	p.objective(beta)
	_, hessian := p.derivatives(beta)
	factor, err := cholesky(hessian)
	if err != nil {
		return Fit{}, fmt.Errorf("fit a logistic regression: %w", err)
	}
	errs := factor.inverseDiagonal()
	for j := range errs {
		errs[j] = math.Sqrt(errs[j])
	}
	return Fit{
		Intercept: beta[0], Weights: beta[1:], InterceptError: errs[0], Errors: errs[1:],
		LogLikelihood: p.likelihood(), Steps: steps,
	}, nil
}

// factor is the lower triangle L of a matrix L·Lᵀ.
type factor [][]float64

// smallestPivot is the share of a diagonal element below which its column is taken for a combination of others.
const smallestPivot = 1e-10

func cholesky(a [][]float64) (factor, error) {
	l := make(factor, len(a))
	for i := range a {
		l[i] = make([]float64, i+1)
		for j := 0; j <= i; j++ {
			rest := a[i][j] - dot(l[i][:j], l[j][:j])
			if i != j {
				l[i][j] = rest / l[j][j]
				continue
			}
			if rest <= smallestPivot*a[i][i] || math.IsNaN(rest) {
				return nil, errors.New("a column is constant or a combination of others, or the columns separate " +
					"the outcomes; leave a column out, or set a ridge")
			}
			l[i][i] = math.Sqrt(rest)
		}
	}
	return l, nil
}

// solve finds x of L·Lᵀ·x = b.
func (l factor) solve(b []float64) []float64 {
	x := make([]float64, len(b))
	for i := range b {
		x[i] = (b[i] - dot(l[i][:i], x[:i])) / l[i][i]
	}
	for i := len(b) - 1; i >= 0; i-- {
		rest := x[i]
		for k := i + 1; k < len(b); k++ {
			rest -= float64(l[k][i] * x[k])
		}
		x[i] = rest / l[i][i]
	}
	return x
}

// inverseDiagonal is the diagonal of the matrix's inverse.
func (l factor) inverseDiagonal() []float64 {
	diagonal := make([]float64, len(l))
	for j := range l {
		unit := make([]float64, len(l))
		unit[j] = 1
		diagonal[j] = l.solve(unit)[j]
	}
	return diagonal
}
