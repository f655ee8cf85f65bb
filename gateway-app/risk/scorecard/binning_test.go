package scorecard_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// village has a number whose risk falls, one of noise, and a category with a rare level; every cell of the
// figures is known, so that bins can be counted by hand.
func village(t testing.TB) *dataset.Table {
	t.Helper()
	schema, err := dataset.ParseSchema([]byte(`{"version": 1, "name": "village", "source": "made up", "separator": ",",
		"header": true, "columns": [
		{"name": "income", "kind": "number", "direction": "down", "reason": {"code": "income", "zh": "收入较低", "en": "the income is low"}},
		{"name": "noise", "kind": "number", "direction": "up"},
		{"name": "trade", "kind": "category"},
		{"name": "late", "kind": "target", "bad": "1", "good": "0"}], "features_version": 0}`))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	add := func(n, bad int, income, trade string) {
		for i := range n {
			late := 0
			if i < bad {
				late = 1
			}
			lines = append(lines, fmt.Sprintf("%s,%d,%s,%d", income, (i*7)%10, trade, late))
		}
	}
	add(200, 80, "10", "smith")
	add(200, 60, "20", "smith")
	add(200, 20, "30", "baker")
	add(200, 10, "40", "baker")
	add(100, 50, "", "miller")
	add(10, 5, "40", "herald")
	table, err := dataset.Load(strings.NewReader("income,noise,trade,late\n"+strings.Join(lines, "\n")+"\n"), schema)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestBinsByHand(t *testing.T) {
	table := village(t)
	o := scorecard.DefaultOptions()
	o.Smoothing, o.Ridge = 0, 0
	card, err := scorecard.Train(table, table.All(), []string{"income", "noise"}, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(card.Variables) != 1 || card.Good != 685 || card.Bad != 225 {
		t.Fatalf("%d variables on %d good and %d bad rows; noise has no evidence", len(card.Variables), card.Good, card.Bad)
	}
	v := card.Variables[0]
	// 30 and 40 differ by a chi-squared of 2.2 and are one bin; 10 and 20 differ by 4.4 and are two.
	want := [][2]int{{120, 80}, {140, 60}, {375, 35}}
	for i, b := range v.Bins {
		if b.Good != want[i][0] || b.Bad != want[i][1] {
			t.Errorf("bin %d has %d good and %d bad, want %v", i, b.Good, b.Bad, want[i])
		}
		if woe := math.Log(float64(b.Good) / 685 / (float64(b.Bad) / 225)); math.Abs(b.WoE-woe) > 1e-12 {
			t.Errorf("bin %d: evidence %v, by hand %v", i, b.WoE, woe)
		}
	}
	if len(v.Bins) != 3 || *v.Bins[0].Most != 10 || *v.Bins[1].Most != 20 || v.Missing.Good != 50 || v.Missing.Bad != 50 {
		t.Errorf("bins %+v, missing %+v", v.Bins, v.Missing)
	}
	// One variable of evidence, unpenalised, is weighed as it stands, and the intercept is the odds of all.
	if math.Abs(v.Weight-1) > 1e-6 || math.Abs(card.Intercept-math.Log(685./225)) > 1e-6 {
		t.Errorf("weight %v, intercept %v", v.Weight, card.Intercept)
	}
}

func TestRareAndUnknownLevelsShareTheRest(t *testing.T) {
	table := village(t)
	card, err := scorecard.Train(table, table.All(), []string{"trade"}, scorecard.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	v := card.Variables[0]
	var levels []string
	for _, b := range v.Bins {
		levels = append(levels, b.Levels...)
	}
	if slices.Contains(levels, "herald") || v.Rest.Good != 5 || v.Rest.Bad != 5 || v.Missing.Points != 0 {
		t.Errorf("levels %q, rest %+v, missing %+v", levels, v.Rest, v.Missing)
	}
	reader := dataset.NewReader(table.Schema())
	for trade, want := range map[string]int{`"herald"`: v.Rest.Points, `"astronaut"`: v.Rest.Points, `null`: 0} {
		record, err := reader.JSON([]byte(`{"trade": ` + trade + `}`))
		if err != nil || card.Score(record) != card.BasePoints+want {
			t.Errorf("%s: %d points, want %d, %v", trade, card.Score(record)-card.BasePoints, want, err)
		}
	}
}

// A copy of a variable that is worse adds nothing, and a regression would give it the wrong sign or none.
func TestWrongSignsAreDropped(t *testing.T) {
	for _, name := range []string{"lending_club", "german"} {
		table := figurestest.Table(t, name)
		o := scorecard.DefaultOptions()
		o.LeastIV, o.Ridge = 0, .001
		card, err := scorecard.Train(table, table.All(), table.Schema().Inputs(true), o)
		if err != nil {
			t.Fatal(err)
		}
		if all := len(table.Schema().Inputs(true)); len(card.Variables) >= all {
			t.Errorf("%s: all %d inputs are weighed", name, all)
		}
		o.LeastZ = 1.96
		sure, err := scorecard.Train(table, table.All(), table.Schema().Inputs(true), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range sure.Variables {
			if v.Weight/v.WeightError < 1.96 {
				t.Errorf("%s, %s: weight %v, error %v", name, v.Field, v.Weight, v.WeightError)
			}
		}
		if len(sure.Variables) >= len(card.Variables) {
			t.Errorf("%s: %d variables are sure of %d", name, len(sure.Variables), len(card.Variables))
		}
	}
}

func TestTrainingIsRefused(t *testing.T) {
	table := village(t)
	o := scorecard.DefaultOptions()
	bad := o
	bad.FineBins = 1
	cases := []struct {
		name   string
		rows   []int
		inputs []string
		o      scorecard.Options
		says   string
	}{
		{"options", table.All(), []string{"income"}, bad, "two fine bins"},
		{"one kind of row", []int{0, 1, 2}, []string{"income"}, o, "both kinds are needed"},
		{"unknown input", table.All(), []string{"zeal"}, o, "no field zeal"},
		{"no evidence", table.All(), []string{"noise"}, o, "no input tells good rows from bad ones"},
	}
	for _, c := range cases {
		if _, err := scorecard.Train(table, c.rows, c.inputs, c.o); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}
