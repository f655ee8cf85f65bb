package scorecard_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// Where the figures are, from this folder. Those of LendingClub ship with the repository.
var figures = map[string]string{
	"lending_club": filepath.Join("..", "..", "demo", "data", "loans.csv"),
	"german":       filepath.Join("..", "..", "..", "..", "shared", "data", "german.data"),
	"taiwan":       filepath.Join("..", "..", "..", "..", "shared", "data", "taiwan_default.csv"),
}

func load(t testing.TB, name string) *dataset.Table {
	t.Helper()
	schema, err := dataset.Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(figures[name])
	if os.IsNotExist(err) {
		t.Skipf("the figures of %s are not beside this clone: %v", name, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := dataset.Load(file, schema)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

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
			table := load(t, c.schema)
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
