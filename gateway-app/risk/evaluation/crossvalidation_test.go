package evaluation_test

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
)

// itself is a model whose probability is the number x.
type itself struct{}

func (itself) Probability(record dataset.Record) float64 { return record[0].Number }

func hundred(t testing.TB) *dataset.Table {
	var lines []string
	for i := range 100 {
		bad := 0
		if i >= 70 && i != 90 || i == 10 {
			bad = 1
		}
		lines = append(lines, fmt.Sprintf("%g,w%d,%d", float64(i)/100, i%3, bad))
	}
	return table(t, lines)
}

func TestCrossValidationTrainsOnTheOtherFoldsOnly(t *testing.T) {
	loaded, plan := hundred(t), dataset.Plan{Folds: 5, Repeats: 2, Seed: 3}
	var lock sync.Mutex
	var trained [][]int
	report, err := evaluation.CrossValidate("itself", loaded, func(_ *dataset.Table, rows []int) (evaluation.Model, error) {
		lock.Lock()
		defer lock.Unlock()
		trained = append(trained, rows)
		return itself{}, nil
	}, plan)
	if err != nil {
		t.Fatal(err)
	}
	splits, _ := plan.Splits(loaded.Bad())
	for _, s := range splits {
		if !slices.ContainsFunc(trained, func(rows []int) bool { return slices.Equal(rows, s.Train) }) {
			t.Errorf("repeat %d, fold %d was not trained on its rows", s.Repeat, s.Fold)
		}
	}
	// 28 of the 30 bad rows are above all 70 good ones but one; by pairs of row numbers:
	// row 10 beats 10 of 70, rows 70–89 beat 69, rows 91–99 beat 70.
	want := float64(10+20*69+9*70) / (30 * 70)
	if len(report.Folds) != 10 || report.Pooled.AUC != want {
		t.Errorf("%d folds, pooled AUC %v, want %v", len(report.Folds), report.Pooled.AUC, want)
	}
	if refused := report.Pooled.Operating.RefusedBad + report.Pooled.Operating.RefusedGood; refused != 30 {
		t.Errorf("%d rows refused, as many as are bad would be 30", refused)
	}
	text := report.String()
	for _, part := range []string{"100 rows, 30 bad; 5 folds, 2 repeats, seed 3", "repeat 1  AUC", "calibration slope"} {
		if !strings.Contains(text, part) {
			t.Errorf("the report does not say %q:\n%s", part, text)
		}
	}
}

func TestReportsAreTheSameOnAnyNumberOfProcessors(t *testing.T) {
	loaded, plan := hundred(t), dataset.Plan{Folds: 4, Repeats: 3, Seed: 8}
	train := func(*dataset.Table, []int) (evaluation.Model, error) { return itself{}, nil }
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	alone, err := evaluation.CrossValidate("itself", loaded, train, plan)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GOMAXPROCS(7)
	together, err := evaluation.CrossValidate("itself", loaded, train, plan)
	if err != nil || !reflect.DeepEqual(alone, together) {
		t.Errorf("one processor says\n%v\nseven say\n%v, %v", alone, together, err)
	}
}

func TestCrossValidationNamesTheFoldThatFailed(t *testing.T) {
	broken := errors.New("no model today")
	_, err := evaluation.CrossValidate("broken", hundred(t), func(*dataset.Table, []int) (evaluation.Model, error) {
		return nil, broken
	}, dataset.Plan{Folds: 2, Repeats: 1})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "repeat 0, fold 1") {
		t.Errorf("%v", err)
	}
}

func TestDriftOfFieldsAndScores(t *testing.T) {
	then := hundred(t)
	profiles, err := evaluation.Profiles(then, then.All(), []string{"x", "word"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		drift, err := p.Compare(then, then.All())
		if err != nil || drift.PSI != 0 || drift.Reading != evaluation.Stable {
			t.Errorf("%s against itself: %+v, %v", p.Field, drift, err)
		}
	}
	var lines []string
	for i := range 100 {
		lines = append(lines, fmt.Sprintf("%g,new,0", .5+float64(i)/200))
	}
	now := table(t, append(lines, ",,1"))
	for _, p := range profiles {
		drift, err := p.Compare(now, now.All())
		if err != nil || drift.Reading != evaluation.Shifted {
			t.Errorf("%s moved: %+v, %v", p.Field, drift, err)
		}
		if drift.Now[0] != 1 || p.Field == "word" && drift.Now[len(drift.Now)-1] != 100 {
			t.Errorf("%s: missing and new levels in %v", p.Field, drift.Now)
		}
	}
	scores := evaluation.ProfileScores("score", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	if drift, err := scores.Scores([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}); err != nil || drift.PSI != 0 {
		t.Errorf("%+v, %v", drift, err)
	}
}
