package boosting

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"testing"
)

// germanOptions suit a thousand rows: shallow, slow, and every tree on other columns.
func germanOptions() Options {
	options := Standard()
	options.Rounds, options.LearningRate, options.MaxDepth = 400, .03, 4
	options.L2, options.MinChildWeight, options.RowShare, options.ColumnShare = 10, 2, .6, .2
	return options
}

// taiwanOptions suit thirty thousand rows.
func taiwanOptions() Options {
	options := Standard()
	options.Rounds, options.LearningRate, options.MaxDepth = 200, .07, 5
	options.L2, options.MinChildWeight, options.RowShare, options.ColumnShare = 10, 10, .7, .5
	return options
}

// TestGermanCredit holds the forest to an AUC on rows that it did not see, without protected attributes.
func TestGermanCredit(t *testing.T) {
	s := german(t)
	const repeats = 10
	sum := 0.0
	for seed := range uint64(repeats) {
		fold := folds(s.bad, 5, seed+1)
		sum += foldAUC(crossValidate(t, s, fold, germanOptions()), s.bad, fold)
	}
	t.Logf("German: AUC %.4f, 5 folds, seeds 1 to %d", sum/repeats, repeats)
	if sum/repeats < .785 {
		t.Errorf("German: AUC %.4f, want at least .785", sum/repeats)
	}
}

// TestTaiwanCredit does so under monotone constraints, and looks for a row that contradicts them.
func TestTaiwanCredit(t *testing.T) {
	s := taiwan(t)
	const repeats = 2
	sum := 0.0
	for seed := range uint64(repeats) {
		fold := folds(s.bad, 5, seed+1)
		sum += foldAUC(crossValidate(t, s, fold, taiwanOptions()), s.bad, fold)
	}
	t.Logf("Taiwan: AUC %.4f, 5 folds, seeds 1 to %d", sum/repeats, repeats)
	if sum/repeats < .78 {
		t.Errorf("Taiwan: AUC %.4f, want at least .780", sum/repeats)
	}
	forest := train(t, s, s.rows(), taiwanOptions())
	few := sample{Matrix: forEvery(s, 997)}
	few.bad = make([]bool, len(few.Columns[0]))
	for column, direction := range s.Monotone {
		if direction != 0 && violations(forest, few, column, direction) > 0 {
			t.Errorf("%s violates its direction %d", s.Names[column], direction)
		}
	}
}

// forEvery takes one row of so many.
func forEvery(s sample, stride int) Matrix {
	thin := Matrix{Names: s.Names, Monotone: s.Monotone, Columns: make([][]float64, len(s.Columns))}
	for c, column := range s.Columns {
		for i := 0; i < len(column); i += stride {
			thin.Columns[c] = append(thin.Columns[c], column[i])
		}
	}
	return thin
}

// python finds an interpreter that has XGBoost, or skips the test; with TALLYSTICK_REQUIRE_XGBOOST=1, as CI sets it where it
// can install the package, the test fails.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import numpy, xgboost").Run() == nil {
			return name
		}
	}
	const missing = "no python3 here has XGBoost: apt-get install python3-xgboost to compare with it"
	if os.Getenv("TALLYSTICK_REQUIRE_XGBOOST") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// TestForestsAgreeWithXGBoost trains both on the same folds of the same matrices with the same settings. No
// rows or columns are drawn, so that no chance is left in which the two could differ.
func TestForestsAgreeWithXGBoost(t *testing.T) {
	interpreter := python(t)
	for _, data := range []struct {
		name    string
		load    func(testing.TB) sample
		repeats uint64
		options Options
	}{
		{"German", german, 4, germanOptions()},
		{"Taiwan", taiwan, 1, taiwanOptions()},
	} {
		t.Run(data.name, func(t *testing.T) {
			s := data.load(t)
			options := data.options
			options.RowShare, options.ColumnShare, options.Rounds = 1, 1, 100
			var split [][]int
			for seed := range data.repeats {
				split = append(split, folds(s.bad, 5, seed+1))
			}
			version, theirs := xgboost(t, interpreter, s, split, options)
			var ourSum, theirSum, apart float64
			for i, fold := range split {
				ours := crossValidate(t, s, fold, options)
				ourSum += foldAUC(ours, s.bad, fold) / float64(len(split))
				theirSum += foldAUC(theirs[i], s.bad, fold) / float64(len(split))
				for row := range ours {
					apart += math.Abs(ours[row]-theirs[i][row]) / float64(len(ours)*len(split))
				}
			}
			t.Logf("%s: AUC %.5f, XGBoost %s %.5f, 5 folds, seeds 1 to %d; probabilities differ by %.4f in the mean",
				data.name, ourSum, version, theirSum, data.repeats, apart)
			if math.Abs(ourSum-theirSum) > .005 || apart > .02 {
				t.Errorf("%s: AUC %.5f, XGBoost %.5f; probabilities differ by %.4f", data.name, ourSum, theirSum, apart)
			}
		})
	}
}

// xgboost answers every row of the matrix, once for each way to split it into folds.
func xgboost(t *testing.T, interpreter string, s sample, split [][]int, options Options) (string, [][]float64) {
	t.Helper()
	columns := make([][]*float64, len(s.Columns))
	for c, column := range s.Columns {
		columns[c] = make([]*float64, len(column))
		for i := range column {
			if !math.IsNaN(column[i]) {
				columns[c][i] = &column[i]
			}
		}
	}
	task, err := json.Marshal(map[string]any{
		"columns": columns, "bad": numbers(s.bad), "folds": split, "rounds": options.Rounds,
		"settings": map[string]any{
			"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "depthwise", "nthread": 1,
			"max_bin": options.Bins, "max_depth": options.MaxDepth, "eta": options.LearningRate,
			"lambda": options.L2, "alpha": 0, "gamma": options.MinGain, "min_child_weight": options.MinChildWeight,
			"monotone_constraints": s.Monotone,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out, complaint bytes.Buffer
	command := exec.Command(interpreter, "testdata/xgboost_folds.py")
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(task), &out, &complaint
	if err := command.Run(); err != nil {
		t.Fatalf("XGBoost: %v\n%s", err, &complaint)
	}
	var result struct {
		Version string
		Answers [][]float64
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		t.Fatal(err)
	}
	return result.Version, result.Answers
}

func numbers(bad []bool) []int {
	list := make([]int, len(bad))
	for i, is := range bad {
		if is {
			list[i] = 1
		}
	}
	return list
}
