package scorecard

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// Options of training, kept in the model's file.
type Options struct {
	FineBins        int     `json:"fine_bins"`         // parts that a number is first cut into
	MostBins        int     `json:"most_bins"`         // of a variable, missing and rest aside
	LeastShare      float64 `json:"least_share"`       // of the rows, in a bin
	LeastLevelRows  int     `json:"least_level_rows"`  // for a level not to go to the rest
	LeastChiSquared float64 `json:"least_chi_squared"` // between neighbouring bins
	Smoothing       float64 `json:"smoothing"`         // rows of the whole's odds added to each bin
	LeastIV         float64 `json:"least_iv"`          // information value of a variable
	LeastZ          float64 `json:"least_z"`           // weight over its standard error; 0 only drops wrong signs
	Ridge           float64 `json:"ridge"`             // of the regression
	BaseScore       int     `json:"base_score"`        // the score at BaseOdds
	BaseOdds        float64 `json:"base_odds"`         // good rows for each bad one
	PDO             int     `json:"pdo"`               // points that double the odds
}

// DefaultOptions suit some thousand rows.
func DefaultOptions() Options {
	return Options{
		FineBins: 50, MostBins: 6, LeastShare: .05, LeastLevelRows: 60, LeastChiSquared: 3.84, Smoothing: 50,
		LeastIV: .01, LeastZ: 0, Ridge: 10, BaseScore: 600, BaseOdds: 20, PDO: 50,
	}
}

// The scale's bounds: far beyond any in use, and near enough for whole numbers to hold every score.
const (
	mostPoints   = 10_000
	mostBaseOdds = 1e6
)

func (o Options) check() error {
	if o.FineBins < 2 || o.MostBins < 2 || !(o.LeastShare >= 0 && o.LeastShare < .5) || o.LeastLevelRows < 1 {
		return errors.New("two fine bins, two bins, a least share from 0 to .5 and one row a level are the least")
	}
	for _, number := range []float64{o.LeastChiSquared, o.Smoothing, o.LeastIV, o.LeastZ, o.Ridge} {
		if !(number >= 0) || math.IsInf(number, 0) {
			return errors.New("chi-squared, smoothing, information value, z and ridge are at least zero")
		}
	}
	if o.PDO < 1 || o.PDO > mostPoints || o.BaseScore < -mostPoints || o.BaseScore > mostPoints {
		return fmt.Errorf("points that double the odds are 1 to %d, the base score is within ±%d", mostPoints, mostPoints)
	}
	if !(o.BaseOdds > 1/mostBaseOdds && o.BaseOdds < mostBaseOdds) {
		return fmt.Errorf("base odds are within %v to one", mostBaseOdds)
	}
	return nil
}

// Train makes a scorecard from rows of a table. It may read the inputs alone, and uses those that carry evidence.
func Train(t *dataset.Table, rows []int, inputs []string, o Options) (*Scorecard, error) {
	card, err := train(t, rows, inputs, o)
	if err != nil {
		return nil, fmt.Errorf("train a scorecard on %s: %w", t.Schema().Name, err)
	}
	return card, nil
}

func train(t *dataset.Table, rows []int, inputs []string, o Options) (*Scorecard, error) {
	if t.Bad() == nil {
		return nil, errors.New("the figures have no outcomes; add the target column")
	}
	if err := errors.Join(o.check(), t.Schema().CheckInputs(inputs)); err != nil {
		return nil, err
	}
	card := &Scorecard{Version: fileVersion, Schema: *t.Schema().Clone(), Options: o}
	for _, row := range rows {
		if t.Bad()[row] {
			card.Bad++
		} else {
			card.Good++
		}
	}
	if card.Good == 0 || card.Bad == 0 {
		return nil, fmt.Errorf("%d good and %d bad rows; both kinds are needed", card.Good, card.Bad)
	}
	if err := card.bin(t, rows, inputs); err != nil {
		return nil, err
	}
	if err := card.regress(t, rows); err != nil {
		return nil, err
	}
	card.assignPoints()
	card.averagePoints()
	return card, card.prepare()
}

func (s *Scorecard) bin(t *dataset.Table, rows []int, inputs []string) error {
	b := binner{table: t, rows: rows, options: s.Options}
	for _, name := range inputs {
		at, _ := t.Schema().Index(name)
		v, says, err := b.variable(t.Fields()[at])
		if err != nil {
			return err
		}
		if !says {
			continue
		}
		v.weigh(s.Good, s.Bad, s.Options.Smoothing)
		if v.InformationValue >= s.Options.LeastIV {
			s.Variables = append(s.Variables, v)
		}
	}
	if len(s.Variables) == 0 {
		return errors.New("no input tells good rows from bad ones; add inputs, rows, or lower the least information value")
	}
	return nil
}

// regress weighs the evidence, and drops the variable with the lowest z until all are at least LeastZ: a
// negative z is the wrong sign.
func (s *Scorecard) regress(t *dataset.Table, rows []int) error {
	good := make([]bool, len(rows))
	for i, row := range rows {
		good[i] = !t.Bad()[row]
	}
	columns, err := s.evidence(t, rows)
	if err != nil {
		return err
	}
	var start []float64
	for {
		fit, err := logistic.Regress(columns, good, logistic.Options{Ridge: s.Options.Ridge, Start: start})
		if err != nil {
			return err
		}
		lowest := 0
		for j := range fit.Weights {
			if fit.Weights[j]/fit.Errors[j] < fit.Weights[lowest]/fit.Errors[lowest] {
				lowest = j
			}
		}
		z := fit.Weights[lowest] / fit.Errors[lowest]
		if z > 0 && z >= s.Options.LeastZ {
			s.Intercept = fit.Intercept
			for j := range s.Variables {
				s.Variables[j].Weight, s.Variables[j].WeightError = fit.Weights[j], fit.Errors[j]
			}
			return nil
		}
		if len(columns) == 1 {
			return errors.New("no input has a weight of the right sign; add inputs or rows")
		}
		start = slices.Delete(append([]float64{fit.Intercept}, fit.Weights...), lowest+1, lowest+2)
		columns = slices.Delete(columns, lowest, lowest+1)
		s.Variables = slices.Delete(s.Variables, lowest, lowest+1)
	}
}

// evidence is each variable's weight of evidence for each row.
func (s *Scorecard) evidence(t *dataset.Table, rows []int) ([][]float64, error) {
	columns := make([][]float64, len(s.Variables))
	for j := range s.Variables {
		v := &s.Variables[j]
		columns[j] = make([]float64, len(rows))
		if v.Kind == dataset.Number {
			numbers, err := t.Numbers(v.Field)
			if err != nil {
				return nil, err
			}
			for i, row := range rows {
				columns[j][i] = v.find(dataset.NumberValue(numbers[row])).WoE
			}
			continue
		}
		words, err := t.Words(v.Field)
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			columns[j][i] = v.wordEvidence(words[row])
		}
	}
	return columns, nil
}

func (v *Variable) wordEvidence(word string) float64 {
	if word == "" {
		return v.Missing.WoE
	}
	return v.find(dataset.WordValue(word)).WoE
}

// assignPoints rounds weight times evidence, on the scale that the options ask for, to whole points, halves
// away from zero.
func (s *Scorecard) assignPoints() {
	s.BasePoints = int(math.Round(s.Options.offset() + float64(s.Options.factor()*s.Intercept)))
	for i := range s.Variables {
		for _, b := range s.Variables[i].all() {
			b.Points = s.points(&s.Variables[i], b)
		}
	}
}

func (s *Scorecard) points(v *Variable, b *Bin) int {
	return int(math.Round(s.Options.factor() * float64(v.Weight*b.WoE)))
}

// averagePoints is what reasons compare with.
func (s *Scorecard) averagePoints() {
	for i := range s.Variables {
		v, total, first := &s.Variables[i], 0, true
		for _, b := range v.all() {
			if b.Good+b.Bad == 0 {
				continue
			}
			total += b.Points * (b.Good + b.Bad)
			if first || b.Points > v.BestPoints {
				v.BestPoints, first = b.Points, false
			}
		}
		v.MeanPoints = float64(total) / float64(s.Good+s.Bad)
	}
}

// factor is the points that the odds' growth by e is worth.
func (o Options) factor() float64 { return float64(o.PDO) / math.Ln2 }

// offset is the score of even odds.
func (o Options) offset() float64 {
	return float64(o.BaseScore) - float64(o.factor()*logistic.Log(o.BaseOdds))
}
