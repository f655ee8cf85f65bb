package scorecard

import (
	"math"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// Scorecard is a trained model. It holds the schema that its records are read by, features included, so that a
// decision can be recomputed from its file alone.
type Scorecard struct {
	Version    int            `json:"version"`
	Schema     dataset.Schema `json:"schema"`
	Options    Options        `json:"options"`
	Good       int            `json:"good"`
	Bad        int            `json:"bad"`
	Intercept  float64        `json:"intercept"` // log-odds of good where no variable says anything
	BasePoints int            `json:"base_points"`
	Variables  []Variable     `json:"variables"`

	from []int // each variable's place in a record
}

// Score adds the points of a record's bins to the base points. More is better.
func (s *Scorecard) Score(record dataset.Record) int {
	score := s.BasePoints
	for i := range s.Variables {
		score += s.Variables[i].find(record[s.from[i]]).Points
	}
	return score
}

// Probability is the chance of a bad outcome that the record's score stands for.
func (s *Scorecard) Probability(record dataset.Record) float64 {
	return s.ProbabilityOf(s.Score(record))
}

// ProbabilityOf is the chance of a bad outcome at a score.
func (s *Scorecard) ProbabilityOf(score int) float64 {
	return logistic.Probability((s.Options.offset() - float64(score)) / s.Options.factor())
}

// surest keeps cut-offs finite: a chance closer to 0 or 1 counts as this far from it.
const surest = 1e-9

// ScoreOf is the least score whose chance of a bad outcome is not above a probability: the cut-off for it.
func (s *Scorecard) ScoreOf(probability float64) int {
	probability = min(max(probability, surest), 1-surest)
	odds := logistic.Log((1 - probability) / probability)
	score := int(math.Floor(s.Options.offset()+float64(s.Options.factor()*odds))) - 1
	for s.ProbabilityOf(score) > probability {
		score++
	}
	return score
}

// Inputs are the fields that the scorecard reads, in its order.
func (s *Scorecard) Inputs() []string {
	names := make([]string, len(s.Variables))
	for i := range s.Variables {
		names[i] = s.Variables[i].Field
	}
	return names
}
