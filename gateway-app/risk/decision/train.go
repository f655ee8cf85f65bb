package decision

import (
	"fmt"
	"sync"

	"github.com/tallystick/tallystick/gateway-app/risk/challenger"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// Options of training both models.
type Options struct {
	WithPrice  bool               `json:"with_price"` // let the models read the platform's own price and grade
	Scorecard  scorecard.Options  `json:"scorecard"`
	Challenger challenger.Options `json:"challenger"`
}

// DefaultOptions leave the price out: a score that is to set a price must not read one.
func DefaultOptions() Options {
	return Options{Scorecard: scorecard.DefaultOptions(), Challenger: challenger.DefaultOptions()}
}

// Models are two trained models with their files.
type Models struct {
	Scorecard      *scorecard.Scorecard
	Challenger     *challenger.Model
	ScorecardFile  []byte
	ChallengerFile []byte
}

// TrainDefault trains both models side by side on all rows of a table. The same table and options give the same
// files, however many processors there are.
func TrainDefault(t *dataset.Table, o Options) (Models, error) {
	inputs := t.Schema().Inputs(o.WithPrice)
	var m Models
	var cardErr, secondErr error
	var group sync.WaitGroup
	group.Go(func() {
		if m.Scorecard, cardErr = scorecard.Train(t, t.All(), inputs, o.Scorecard); cardErr == nil {
			m.ScorecardFile, cardErr = m.Scorecard.File()
		}
	})
	group.Go(func() {
		if m.Challenger, secondErr = challenger.Train(t, t.All(), inputs, o.Challenger); secondErr == nil {
			m.ChallengerFile, secondErr = m.Challenger.File()
		}
	})
	group.Wait()
	for _, err := range []error{cardErr, secondErr} {
		if err != nil {
			return Models{}, fmt.Errorf("train scorecard and challenger: %w", err)
		}
	}
	return m, nil
}

// Engine is the models with a rule set.
func (m Models) Engine(set *rules.Set) (*Engine, error) {
	return New(m.ScorecardFile, m.ChallengerFile, set)
}
