package evaluation

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// OperatingPoint is what happens when rows from a threshold on are refused. Refused bad rows and approved good
// ones are right.
type OperatingPoint struct {
	Threshold    float64 `json:"threshold"`
	ApprovedGood int     `json:"approved_good"`
	ApprovedBad  int     `json:"approved_bad"`
	RefusedGood  int     `json:"refused_good"`
	RefusedBad   int     `json:"refused_bad"`
}

// Operate refuses every row whose probability of a bad outcome is at or above the threshold.
func Operate(probabilities []float64, bad []bool, threshold float64) (OperatingPoint, error) {
	if len(probabilities) != len(bad) {
		return OperatingPoint{}, errors.New("there must be one probability for each outcome")
	}
	p := OperatingPoint{Threshold: threshold}
	for i, chance := range probabilities {
		switch {
		case chance < threshold && bad[i]:
			p.ApprovedBad++
		case chance < threshold:
			p.ApprovedGood++
		case bad[i]:
			p.RefusedBad++
		default:
			p.RefusedGood++
		}
	}
	return p, nil
}

// ThresholdFor is the least threshold at which no more than a share of the rows is refused. It looks at no outcome.
func ThresholdFor(probabilities []float64, refusedShare float64) (float64, error) {
	if len(probabilities) == 0 || !(refusedShare >= 0 && refusedShare <= 1) {
		return 0, fmt.Errorf("find the threshold that refuses %v of %d rows: rows, and a share from 0 to 1, are needed",
			refusedShare, len(probabilities))
	}
	sorted := slices.Clone(probabilities)
	slices.Sort(sorted)
	refused := int(math.Floor(refusedShare * float64(len(sorted))))
	first := len(sorted) - refused // the first row to refuse, if its equals may be refused too
	if first == len(sorted) {
		return math.Nextafter(sorted[len(sorted)-1], math.Inf(1)), nil
	}
	if first > 0 && sorted[first-1] == sorted[first] {
		return math.Nextafter(sorted[first], math.Inf(1)), nil
	}
	return sorted[first], nil
}

// Rows is how many there were.
func (p OperatingPoint) Rows() int {
	return p.ApprovedGood + p.ApprovedBad + p.RefusedGood + p.RefusedBad
}

// Accuracy is the share of rows that were decided as they turned out.
func (p OperatingPoint) Accuracy() float64 { return share(p.ApprovedGood+p.RefusedBad, p.Rows()) }

// ApprovalRate is the share of rows that were approved.
func (p OperatingPoint) ApprovalRate() float64 { return share(p.ApprovedGood+p.ApprovedBad, p.Rows()) }

// BadRate is the share of the approved rows that turned out bad.
func (p OperatingPoint) BadRate() float64 { return share(p.ApprovedBad, p.ApprovedGood+p.ApprovedBad) }

// FalseRefusalRate is the share of the good rows that were refused.
func (p OperatingPoint) FalseRefusalRate() float64 {
	return share(p.RefusedGood, p.RefusedGood+p.ApprovedGood)
}

// Recall is the share of the bad rows that were refused.
func (p OperatingPoint) Recall() float64 { return share(p.RefusedBad, p.RefusedBad+p.ApprovedBad) }

// share of nothing is nothing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
