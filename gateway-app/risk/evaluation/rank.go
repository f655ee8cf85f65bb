package evaluation

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

var errOneKind = errors.New("outcomes of both kinds are needed to measure how a model tells them apart")

// ranking walks rows from the lowest probability up, ties together.
type ranking struct {
	bad, good int64   // rows of each kind
	groups    []group // of equal probability, rising
}

type group struct{ bad, good int64 }

func rank(probabilities []float64, bad []bool) (ranking, error) {
	if len(probabilities) != len(bad) {
		return ranking{}, errors.New("there must be one probability for each outcome")
	}
	order := make([]int, len(bad))
	for i := range order {
		if math.IsNaN(probabilities[i]) {
			return ranking{}, errors.New("a probability is not a number")
		}
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(probabilities[a], probabilities[b]) })
	var r ranking
	for at, row := range order {
		if at == 0 || probabilities[row] != probabilities[order[at-1]] {
			r.groups = append(r.groups, group{})
		}
		last := &r.groups[len(r.groups)-1]
		if bad[row] {
			r.bad, last.bad = r.bad+1, last.bad+1
		} else {
			r.good, last.good = r.good+1, last.good+1
		}
	}
	if r.bad == 0 || r.good == 0 {
		return ranking{}, errOneKind
	}
	return r, nil
}

// auc counts pairs twice, so that a tie is one and all stays whole.
func (r ranking) auc() float64 {
	var twice, goodBelow int64
	for _, g := range r.groups {
		twice += g.bad * (2*goodBelow + g.good)
		goodBelow += g.good
	}
	return float64(twice) / float64(2*r.bad*r.good)
}

// ks is the distance over the common denominator, exact before its one division.
func (r ranking) ks() float64 {
	var bad, good, largest int64
	for _, g := range r.groups {
		bad, good = bad+g.bad, good+g.good
		largest = max(largest, good*r.bad-bad*r.good, bad*r.good-good*r.bad)
	}
	return float64(largest) / float64(r.bad*r.good)
}

// AUC is the share of pairs that the probabilities put in the right order.
func AUC(probabilities []float64, bad []bool) (float64, error) {
	r, err := rank(probabilities, bad)
	if err != nil {
		return 0, err
	}
	return r.auc(), nil
}

// KS is the largest distance between the distributions of bad and good rows.
func KS(probabilities []float64, bad []bool) (float64, error) {
	r, err := rank(probabilities, bad)
	if err != nil {
		return 0, err
	}
	return r.ks(), nil
}

// Gini is twice the AUC less one.
func Gini(auc float64) float64 { return 2*auc - 1 }
