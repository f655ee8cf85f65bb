package training_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
)

// The targets of the challenger beside the scorecard, by the settings that tally risk evaluate uses.
func TestChallengerMeetsItsTargets(t *testing.T) {
	cases := []struct {
		schema    string
		withPrice bool
		least     float64
	}{{"lending_club", false, .67}, {"lending_club", true, .74}, {"german", false, .785}, {"taiwan", false, .780}}
	for _, c := range cases {
		table := figurestest.Table(t, c.schema)
		s := training.DefaultSettings(table)
		s.WithPrice = c.withPrice
		if c.schema == "german" {
			s.Plan.Repeats = 5
		}
		card, beside, err := training.Evaluate(table, s)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("\n%s%s", card, beside)
		if beside.AUC < c.least {
			t.Errorf("%s: boosted AUC %.4f, the target is %.3f", c.schema, beside.AUC, c.least)
		}
	}
}

func TestReportsAreTheSameAgainAndReadBack(t *testing.T) {
	table := figurestest.Table(t, "lending_club")
	s := training.DefaultSettings(table)
	s.Challenger.Boosting.Rounds = 20
	models, first, err := training.Run(table, strings.Repeat("0", 64), s)
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := training.Run(table, strings.Repeat("0", 64), s)
	if err != nil {
		t.Fatal(err)
	}
	file, err := first.File()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := second.File(); err != nil || !bytes.Equal(file, again) {
		t.Errorf("two runs on the same figures reported differently (%v)", err)
	}
	read, err := training.ParseReport(file)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := read.File(); err != nil || !bytes.Equal(file, again) {
		t.Errorf("the report reads back as another (%v)", err)
	}
	if len(first.Fairness) == 0 || len(first.Protected) == 0 || first.Notice != "" {
		t.Error("a report without the protected groups says nothing of fairness")
	}
	for _, name := range first.Protected {
		if strings.Contains(strings.Join(models.Scorecard.Inputs(), " ")+strings.Join(models.Challenger.Fields(), " "), name) {
			t.Errorf("a model reads the protected field %s", name)
		}
	}
	drifts, err := read.Drift(table, models.Scorecard)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range drifts {
		if d.PSI != 0 || d.Reading != evaluation.Stable {
			t.Errorf("%s drifted by %v from itself", d.Field, d.PSI)
		}
	}
	if last := drifts[len(drifts)-1]; last.Field != training.ScoreName {
		t.Errorf("the last drift is of %s, want the score's", last.Field)
	}
}

func TestReportsOfOtherFormsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"version":2}`: "version is 2", `{"version":1,"more":1}`: "unknown field", `{"version":1} {}`: "follows",
	} {
		if _, err := training.ParseReport([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// A schema without any protected column is trained on, and the report says what cannot be known then. Drift of a
// handful of rows is not called a shift.
func TestReportsSayWhatTheyCannotTell(t *testing.T) {
	schema, err := dataset.ParseSchema([]byte(`{"version": 1, "name": "plain", "source": "made up", "separator": ",", "header": true,
		"columns": [{"name": "debt", "kind": "number"}, {"name": "late", "kind": "target", "bad": "1", "good": "0"}], "features_version": 0}`))
	if err != nil {
		t.Fatal(err)
	}
	figures := func(rows int) *dataset.Table {
		text := "debt,late\n"
		for i := range rows {
			debt, late := i*37%101, 0
			if debt > 60 && i%3 > 0 || i%11 == 0 {
				late = 1
			}
			text += fmt.Sprintf("%d,%d\n", debt, late)
		}
		table, err := dataset.Load(strings.NewReader(text), schema)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	all := figures(600)
	s := training.DefaultSettings(all)
	s.Challenger.Boosting.Rounds, s.Plan.Folds = 5, 2
	_, report, err := training.Run(all, strings.Repeat("0", 64), s)
	if err != nil {
		t.Fatal(err)
	}
	if report.Notice != training.NothingProtected {
		t.Errorf("the notice is %q", report.Notice)
	}
	for rows, few := range map[int]bool{3: true, evaluation.LeastRows - 1: true, evaluation.LeastRows: false} {
		drifts, err := report.Drift(figures(rows), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := drifts[0].Reading == evaluation.TooFewRows; got != few {
			t.Errorf("of %d rows: %s", rows, drifts[0].Reading)
		}
	}
}
