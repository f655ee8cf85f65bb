package fairness_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/fairness"
	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

const schema = `{"version": 1, "name": "village", "source": "made up", "separator": ",", "header": true, "columns": [
	{"name": "chance", "kind": "number"},
	{"name": "sex", "kind": "category", "protected": true},
	{"name": "age", "kind": "number", "protected": true, "bands": [30, 60]},
	{"name": "years", "kind": "number", "protected": true},
	{"name": "late", "kind": "target", "bad": "1", "good": "0"}], "features_version": 0}`

// Twelve rows: chance, sex, age, outcome. Whoever has a chance of .5 or more is refused.
const rows = `chance,sex,age,years,late
.1,f,20,,0
.2,f,29,,0
.6,f,30,,0
.7,f,59,,1
.1,m,60,,0
.2,m,99,,0
.3,m,,,1
.4,m,25,,0
.9,m,35,,1
.6,x,45,,0
.2,,65,,0
.3,,70,,0
`

func village(t *testing.T) (*dataset.Table, fairness.Decisions) {
	t.Helper()
	parsed, err := dataset.ParseSchema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	table, err := dataset.Load(strings.NewReader(rows), parsed)
	if err != nil {
		t.Fatal(err)
	}
	chances, err := table.Numbers("chance")
	if err != nil {
		t.Fatal(err)
	}
	return table, decide(chances, .5)
}

func decide(chances []float64, threshold float64) fairness.Decisions {
	d := fairness.Decisions{Probabilities: chances}
	for _, chance := range chances {
		d.Approved = append(d.Approved, chance < threshold)
	}
	return d
}

func TestGroupsByHand(t *testing.T) {
	table, d := village(t)
	report, err := fairness.ReportOn(table, "sex", d, 2)
	if err != nil {
		t.Fatal(err)
	}
	// approval, bad rate, false refusals, AUC and impact, by hand; – where there is none.
	want := []string{
		"missing 2 1.000 0.000 0.000 – 1.000 false",
		"f 4 0.500 0.250 0.333 1.000 0.500 true",
		"m 5 0.800 0.400 0.000 0.833 0.800 false",
		"x 1 0.000 0.000 1.000 – – false",
	}
	if len(report.Groups) != len(want) || report.Reference != "missing" || !report.Flagged {
		t.Fatalf("%d groups against %s, flagged %v", len(report.Groups), report.Reference, report.Flagged)
	}
	for i, g := range report.Groups {
		got := fmt.Sprintf("%s %d %.3f %.3f %.3f %s %s %v", g.Name, g.Rows, g.ApprovalRate, g.BadRate, g.FalseRefusalRate,
			figure(g.AUC), figure(g.AdverseImpact), g.Flagged)
		if got != want[i] {
			t.Errorf("group %d is %s, want %s", i, got, want[i])
		}
	}
	if text := report.String(); !strings.Contains(text, "below four fifths") || strings.Count(text, "\n") != 6 {
		t.Errorf("the report reads\n%s", text)
	}
}

func figure(number *float64) string {
	if number == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *number)
}

func TestBandsBeginWithTheirCut(t *testing.T) {
	table, d := village(t)
	report, err := fairness.ReportOn(table, "age", d, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"missing 1", "below 30 3", "30 to below 60 4", "from 60 4"}
	for i, g := range report.Groups {
		if got := fmt.Sprintf("%s %d", g.Name, g.Rows); got != want[i] {
			t.Errorf("band %d is %s, want %s", i, got, want[i])
		}
	}
}

func TestRefusals(t *testing.T) {
	table, d := village(t)
	short := fairness.Decisions{Probabilities: d.Probabilities, Approved: d.Approved[1:]}
	cases := []struct {
		field, says string
		d           fairness.Decisions
	}{
		{"chance", "chance is no protected field", d},
		{"zeal", "zeal is no protected field", d},
		{"years", "cuts years into no bands", d},
		{"sex", "a decision are needed for every row", short},
	}
	for _, c := range cases {
		if _, err := fairness.ReportOn(table, c.field, c.d, 1); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.field, err, c.says)
		}
	}
}

// Nobody approved leaves nothing to compare with, and nothing to divide by.
func TestNobodyApproved(t *testing.T) {
	table, d := village(t)
	report, err := fairness.ReportOn(table, "sex", decide(d.Probabilities, 0), 1)
	if err != nil || report.Flagged || report.Reference != "" {
		t.Errorf("%+v, %v", report, err)
	}
}

// The scorecard of Taiwan never reads sex, marriage and age; the report says how its decisions fall on them:
// those of each half of the rows by the card that was trained on the other half.
func TestScorecardOnRealGroups(t *testing.T) {
	table := figurestest.Table(t, "taiwan")
	validation, err := evaluation.CrossValidate("scorecard", table, func(t *dataset.Table, rows []int) (evaluation.Model, error) {
		return scorecard.Train(t, rows, table.Schema().Inputs(true), scorecard.DefaultOptions())
	}, dataset.Plan{Folds: 2, Repeats: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	decisions := decide(validation.HeldOut, validation.Pooled.Operating.Threshold)
	reports, err := fairness.ReportAll(table, decisions, 100)
	if err != nil || len(reports) != 3 {
		t.Fatalf("%d reports, %v", len(reports), err)
	}
	for _, report := range reports {
		t.Log("\n" + report.String())
		rows, bad := 0, 0
		for _, g := range report.Groups {
			rows, bad = rows+g.Rows, bad+g.Bad
			if g.AUC != nil && math.Abs(*g.AUC-.77) > .12 {
				t.Errorf("%s %s: AUC %v is far from that of all", report.Field, g.Name, *g.AUC)
			}
		}
		if rows != 30000 || bad != 6636 {
			t.Errorf("%s: the groups hold %d rows, %d bad", report.Field, rows, bad)
		}
	}
}
