package evaluation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// Measures are the figures of one list of probabilities against its outcomes.
type Measures struct {
	Rows            int            `json:"rows"`
	Bad             int            `json:"bad"`
	AUC             float64        `json:"auc"`
	Gini            float64        `json:"gini"`
	KS              float64        `json:"ks"`
	Brier           float64        `json:"brier"`
	MeanProbability float64        `json:"mean_probability"`
	Operating       OperatingPoint `json:"operating"`
	Accuracy        float64        `json:"accuracy"`
	Calibration     Calibration    `json:"calibration"`
}

// Measure computes all of them; rows from the threshold on are refused.
func Measure(probabilities []float64, bad []bool, threshold float64) (Measures, error) {
	r, err := rank(probabilities, bad)
	if err != nil {
		return Measures{}, fmt.Errorf("measure a model: %w", err)
	}
	point, err := Operate(probabilities, bad, threshold)
	if err != nil {
		return Measures{}, fmt.Errorf("measure a model: %w", err)
	}
	calibration, err := Calibrate(probabilities, bad)
	if err != nil {
		return Measures{}, fmt.Errorf("measure a model: %w", err)
	}
	brier, mean := squares(probabilities, bad)
	return Measures{
		Rows: len(bad), Bad: int(r.bad), AUC: r.auc(), Gini: Gini(r.auc()), KS: r.ks(), Brier: brier,
		MeanProbability: mean, Operating: point, Accuracy: point.Accuracy(), Calibration: calibration,
	}, nil
}

// Brier is the mean squared difference between probability and outcome.
func Brier(probabilities []float64, bad []bool) (float64, error) {
	if len(bad) == 0 || len(probabilities) != len(bad) {
		return 0, errors.New("there must be one probability for each outcome, and one at least")
	}
	brier, _ := squares(probabilities, bad)
	return brier, nil
}

func squares(probabilities []float64, bad []bool) (brier, mean float64) {
	for i, chance := range probabilities {
		mean += chance
		if bad[i] {
			chance = 1 - chance
		}
		brier += float64(chance * chance)
	}
	return brier / float64(len(bad)), mean / float64(len(bad))
}

// Calibration compares probabilities with what happened. A slope of one and an intercept of zero are perfect;
// a slope below one says that the probabilities are too bold, an intercept above zero that they are too low.
type Calibration struct {
	Intercept float64           `json:"intercept"`
	Slope     float64           `json:"slope"`
	Parts     []CalibrationPart `json:"parts"`
}

// CalibrationPart is one tenth of the rows by probability.
type CalibrationPart struct {
	Rows      int     `json:"rows"`
	Bad       int     `json:"bad"`
	Predicted float64 `json:"predicted"` // mean probability
	Observed  float64 `json:"observed"`  // share of bad rows
}

const (
	calibrationParts = 10
	surest           = 1e-9 // probabilities closer to 0 or 1 count as this far from it, so that log-odds exist
)

// Calibrate makes the table, and fits slope and intercept. Equal probabilities stay in one part.
func Calibrate(probabilities []float64, bad []bool) (Calibration, error) {
	odds := make([]float64, len(probabilities))
	constant := true
	for i, chance := range probabilities {
		chance = min(max(chance, surest), 1-surest)
		odds[i] = logistic.Log(chance / (1 - chance))
		constant = constant && odds[i] == odds[0]
	}
	c := Calibration{Parts: calibrationTable(probabilities, bad)}
	if constant {
		return c, nil // nothing varies, so no slope exists; the table says all there is
	}
	fit, err := logistic.Regress([][]float64{odds}, bad, logistic.Options{})
	if err != nil {
		return Calibration{}, fmt.Errorf("calibrate: %w", err)
	}
	c.Intercept, c.Slope = fit.Intercept, fit.Weights[0]
	return c, nil
}

func calibrationTable(probabilities []float64, bad []bool) []CalibrationPart {
	order := make([]int, len(bad))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(probabilities[a], probabilities[b]) })
	var parts []CalibrationPart
	for from := 0; from < len(order); {
		to := max(from+1, len(order)*(len(parts)+1)/calibrationParts)
		for to < len(order) && probabilities[order[to]] == probabilities[order[to-1]] {
			to++
		}
		parts = append(parts, calibrationPart(order[from:to], probabilities, bad))
		from = to
	}
	return parts
}

func calibrationPart(rows []int, probabilities []float64, bad []bool) CalibrationPart {
	part := CalibrationPart{Rows: len(rows)}
	for _, row := range rows {
		part.Predicted += probabilities[row]
		if bad[row] {
			part.Bad++
		}
	}
	part.Predicted /= float64(part.Rows)
	part.Observed = share(part.Bad, part.Rows)
	return part
}
