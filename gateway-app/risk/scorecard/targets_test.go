package scorecard_test

import (
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// The targets that the project set itself, with the folds and seeds that they are met on. The default options
// were picked on folds of other seeds.
func TestScorecardMeetsItsTargets(t *testing.T) {
	cases := []struct {
		name, schema string
		withPrice    bool
		plan         dataset.Plan
		least        float64
	}{
		{"scorecard without price", "lending_club", false, dataset.Plan{Folds: 5, Repeats: 3, Seed: 1}, .67},
		{"scorecard with price", "lending_club", true, dataset.Plan{Folds: 5, Repeats: 3, Seed: 1}, .74},
		{"scorecard", "german", false, dataset.Plan{Folds: 5, Repeats: 10, Seed: 1}, .775},
		{"scorecard", "taiwan", false, dataset.Plan{Folds: 5, Repeats: 1, Seed: 1}, .765},
	}
	for _, c := range cases {
		t.Run(c.schema+" "+c.name, func(t *testing.T) {
			table := figurestest.Table(t, c.schema)
			inputs := table.Schema().Inputs(c.withPrice)
			report, err := evaluation.CrossValidate(c.name, table, func(t *dataset.Table, rows []int) (evaluation.Model, error) {
				return scorecard.Train(t, rows, inputs, scorecard.DefaultOptions())
			}, c.plan)
			if err != nil {
				t.Fatal(err)
			}
			t.Log("\n" + report.String())
			if report.AUC < c.least {
				t.Errorf("AUC %.4f, the target is %.3f", report.AUC, c.least)
			}
		})
	}
}
