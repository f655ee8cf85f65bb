package evaluation_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
)

// Hours of study as a score and the passed examinations as the outcome: R 4.2.2 says .895 by wilcox.test (one
// tie of a pair) and .6 by ks.test.
var (
	scores   = []float64{.5, .75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5}
	outcomes = []bool{
		false, false, false, false, false, false, true, false, true, false,
		true, false, true, false, true, true, true, true, true, true,
	}
)

func TestRankStatisticsByHand(t *testing.T) {
	cases := []struct {
		name    string
		scores  []float64
		bad     []bool
		auc, ks float64
	}{
		{"as R says", scores, outcomes, .895, .6},
		{"perfect", []float64{.1, .2, .8, .9}, []bool{false, false, true, true}, 1, 1},
		{"upside down", []float64{.9, .8, .2, .1}, []bool{false, false, true, true}, 0, 1},
		{"all tied", []float64{.5, .5, .5, .5}, []bool{true, false, true, false}, .5, 0},
		// Pairs: (.3 bad) beats .1, ties .3, loses to .6: 1.5; (.6 bad) beats .1 and .3, ties .6: 2.5. 4 of 6.
		{"ties across kinds", []float64{.1, .3, .3, .6, .6}, []bool{false, false, true, false, true}, 4. / 6, 1. / 3},
	}
	for _, c := range cases {
		auc, err := evaluation.AUC(c.scores, c.bad)
		ks, err2 := evaluation.KS(c.scores, c.bad)
		if err != nil || err2 != nil || math.Abs(auc-c.auc) > 1e-15 || math.Abs(ks-c.ks) > 1e-15 {
			t.Errorf("%s: AUC %v, KS %v, want %v and %v", c.name, auc, ks, c.auc, c.ks)
		}
	}
	for _, bad := range [][]bool{{true, true}, {false, false}, {true}} {
		if _, err := evaluation.AUC([]float64{.1, .2}, bad); err == nil {
			t.Errorf("outcomes %v were measured", bad)
		}
	}
}

func TestAUCCountsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "rows")
		p, bad := make([]float64, n), make([]bool, n)
		for i := range p {
			p[i], bad[i] = float64(rapid.IntRange(0, 9).Draw(t, "score")), rapid.Bool().Draw(t, "bad")
		}
		bad[0], bad[1] = true, false
		won, pairs := 0., 0.
		for i := range p {
			for j := range p {
				if bad[i] && !bad[j] {
					pairs++
					switch {
					case p[i] > p[j]:
						won++
					case p[i] == p[j]:
						won += .5
					}
				}
			}
		}
		if auc, err := evaluation.AUC(p, bad); err != nil || math.Abs(auc-won/pairs) > 1e-15 {
			t.Fatalf("AUC %v, %v of %v pairs, %v", auc, won, pairs, err)
		}
	})
}

func TestPSIByHand(t *testing.T) {
	// (.3−.2)·ln 1.5 + 0 + (.4−.5)·ln .8, as R computes it.
	psi, err := evaluation.PSI([]int{20, 30, 50}, []int{300, 300, 400})
	if err != nil || math.Abs(psi-.0628608659422374) > 1e-15 {
		t.Errorf("%v, %v", psi, err)
	}
	if psi, err = evaluation.PSI([]int{5, 0, 5}, []int{5, 0, 5}); err != nil || psi != 0 {
		t.Errorf("the same population: %v, %v", psi, err)
	}
	// An empty bin counts as .0001: (.5−.0001)·ln 5000 + (.5−1)·ln .5.
	want := (.5-.0001)*math.Log(5000) + .5*math.Ln2
	if psi, err = evaluation.PSI([]int{0, 10}, []int{5, 5}); err != nil || math.Abs(psi-want) > 1e-12 {
		t.Errorf("an empty bin: %v, want %v, %v", psi, want, err)
	}
	if _, err := evaluation.PSI([]int{1}, []int{1, 2}); err == nil {
		t.Error("different bins were compared")
	}
	if _, err := evaluation.PSI([]int{1}, []int{0}); err == nil {
		t.Error("nobody was compared")
	}
	for psi, want := range map[float64]evaluation.Stability{.09: evaluation.Stable, .1: evaluation.Shifting, .25: evaluation.Shifted} {
		if got := evaluation.Reading(psi); got != want {
			t.Errorf("%v reads %s", psi, got)
		}
	}
}

func TestOperatingPointByHand(t *testing.T) {
	p := []float64{.1, .2, .3, .4, .5}
	bad := []bool{false, true, false, true, true}
	point, err := evaluation.Operate(p, bad, .3)
	want := evaluation.OperatingPoint{Threshold: .3, ApprovedGood: 1, ApprovedBad: 1, RefusedGood: 1, RefusedBad: 2}
	if err != nil || point != want {
		t.Fatalf("%+v, %v", point, err)
	}
	for name, pair := range map[string][2]float64{
		"accuracy": {point.Accuracy(), .6}, "approval": {point.ApprovalRate(), .4}, "bad rate": {point.BadRate(), .5},
		"false refusals": {point.FalseRefusalRate(), .5}, "recall": {point.Recall(), 2. / 3},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
}

func TestThresholdRefusesNoMoreThanAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 50).Draw(t, "p")
		for i := range p {
			p[i] = math.Round(p[i]*10) / 10
		}
		part := rapid.Float64Range(0, 1).Draw(t, "share")
		threshold, err := evaluation.ThresholdFor(p, part)
		if err != nil {
			t.Fatal(err)
		}
		refused, nextLower, below := 0, 0, math.Inf(-1)
		for _, x := range p {
			if x >= threshold {
				refused++
			} else {
				below = max(below, x)
			}
		}
		for _, x := range p {
			if x >= below {
				nextLower++
			}
		}
		most := part * float64(len(p))
		if float64(refused) > most || refused < len(p) && float64(nextLower) <= math.Floor(most) {
			t.Fatalf("threshold %v refuses %d (the next lower %d) of %d, share %v", threshold, refused, nextLower, len(p), part)
		}
	})
}

func TestCalibrationOfTrueAndOfBoldProbabilities(t *testing.T) {
	var honest, bold []float64
	var bad []bool
	for i := range 1000 {
		chance := .05 + .1*float64(i%10)
		honest = append(honest, chance)
		odds := 2 * math.Log(chance/(1-chance)) // twice as sure as the figures allow
		bold = append(bold, 1/(1+math.Exp(-odds)))
		bad = append(bad, i/10 < int(math.Round(100*chance)))
	}
	c, err := evaluation.Calibrate(honest, bad)
	if err != nil || math.Abs(c.Slope-1) > 1e-6 || math.Abs(c.Intercept) > 1e-6 {
		t.Errorf("honest: slope %v, intercept %v, %v", c.Slope, c.Intercept, err)
	}
	if len(c.Parts) != 10 || c.Parts[0].Rows != 100 || c.Parts[0].Bad != 5 || math.Abs(c.Parts[9].Predicted-.95) > 1e-9 {
		t.Errorf("table %+v", c.Parts)
	}
	c, err = evaluation.Calibrate(bold, bad)
	if err != nil || math.Abs(c.Slope-.5) > 1e-6 {
		t.Errorf("bold: slope %v, %v", c.Slope, err)
	}
	if brier, err := evaluation.Brier([]float64{1, 0, .5}, []bool{true, true, false}); err != nil || brier != 1.25/3 {
		t.Errorf("Brier %v, %v", brier, err)
	}
}

const oneNumber = `{"version": 1, "name": "one", "source": "", "separator": ",", "header": true, "columns": [
	{"name": "x", "kind": "number"}, {"name": "word", "kind": "category"},
	{"name": "y", "kind": "target", "bad": "1", "good": "0"}], "features_version": 0}`

func table(t testing.TB, lines []string) *dataset.Table {
	t.Helper()
	schema, err := dataset.ParseSchema([]byte(oneNumber))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := dataset.Load(strings.NewReader("x,word,y\n"+strings.Join(lines, "\n")+"\n"), schema)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}
