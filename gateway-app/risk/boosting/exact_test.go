package boosting

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"testing"
)

func TestLogisticIsCloseToTheStandardLibrary(t *testing.T) {
	for x := -40.0; x <= 40; x += 0.00731 {
		if got, want := exponential(x), math.Exp(x); math.Abs(got/want-1) > 4e-16 {
			t.Fatalf("exponential(%v) = %v, want %v", x, got, want)
		}
		positive := math.Exp(x)
		if got, want := logarithm(positive), math.Log(positive); math.Abs(got-want) > 4e-16*max(1, math.Abs(want)) {
			t.Fatalf("logarithm(%v) = %v, want %v", positive, got, want)
		}
	}
	for _, x := range []float64{-1e300, 1e300, math.Inf(1), math.Inf(-1)} {
		if p := logistic(x); p < 0 || p > 1 || math.IsNaN(p) {
			t.Errorf("logistic(%v) = %v", x, p)
		}
	}
	if got, want := loss(-2, true), math.Log1p(math.Exp(2)); math.Abs(got-want) > 1e-15 {
		t.Errorf("loss of a surprise = %v, want %v", got, want)
	}
}

// variety are options that together reach every branch of growing.
func variety() []Options {
	plain := Standard()
	plain.Rounds = 25
	leafWise := plain
	leafWise.Growth, leafWise.MaxDepth, leafWise.MaxLeaves, leafWise.Bins = LeafWise, 8, 20, 40
	stopping := plain
	stopping.ValidationShare, stopping.Patience, stopping.LearningRate, stopping.Rounds = .25, 5, .3, 200
	whole := plain
	whole.RowShare, whole.ColumnShare, whole.MinGain, whole.L2 = 1, 1, .5, 0
	return []Options{plain, leafWise, stopping, whole}
}

// TestForestDoesNotDependOnProcessors trains with one processor and with several, on enough rows that work
// is shared.
func TestForestDoesNotDependOnProcessors(t *testing.T) {
	s := invented(12000, 3)
	s.Monotone = []int{1, -1, 0, 0, 0, 0}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, options := range variety() {
		var first []byte
		for _, processors := range []int{1, 2, 3, 8} {
			runtime.GOMAXPROCS(processors)
			text, err := json.Marshal(train(t, s, s.rows(), options))
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = text
			}
			if !bytes.Equal(first, text) {
				t.Errorf("options %+v: %d processors grow another forest", options, processors)
			}
		}
	}
}

func TestSeedDecides(t *testing.T) {
	s := invented(800, 3)
	options := Standard()
	options.Rounds = 5
	marshal := func() []byte {
		text, err := json.Marshal(train(t, s, s.rows(), options))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	one, again := marshal(), marshal()
	options.Seed = 2
	other := bytes.Replace(marshal(), []byte(`"seed":2`), []byte(`"seed":1`), 1)
	if !bytes.Equal(one, again) {
		t.Error("the same seed grows another forest")
	}
	if bytes.Equal(one, other) {
		t.Error("another seed grows the same forest")
	}
}

func TestDrawIsExactAndEven(t *testing.T) {
	d, often := newDice(5), make([]int, 10)
	for range 20000 {
		drawn := d.draw(10, 3)
		if count(drawn) != 3 {
			t.Fatalf("drew %d of 10, want 3", count(drawn))
		}
		for i, is := range drawn {
			if is {
				often[i]++
			}
		}
	}
	for i, times := range often { // 6000 expected, standard deviation 65
		if times < 5700 || times > 6300 {
			t.Errorf("number %d was drawn %d times of 20000, want about 6000", i, times)
		}
	}
	if count(d.draw(4, 9)) != 4 {
		t.Error("more wanted than there are is all of them")
	}
}

func TestCutsKeepEqualValuesTogether(t *testing.T) {
	column, rows := []float64{}, []int{}
	for i := range 3000 {
		column, rows = append(column, float64(i*i%1009)), append(rows, i)
	}
	column[17] = math.NaN()
	for _, most := range []int{2, 7, 100, 255} {
		bounds := cuts(column, rows, most)
		bins := place(column, rows, bounds)
		held := make([]int, len(bounds)+1)
		for i, bin := range bins {
			held[bin]++
			if (bin == missingBin) != (i == 17) {
				t.Fatalf("row %d is in bin %d", i, bin)
			}
			if bin != missingBin && (column[i] > bounds[bin-1] || bin > 1 && column[i] <= bounds[bin-2]) {
				t.Fatalf("value %v is in bin %d of %v", column[i], bin, bounds)
			}
		}
		if len(bounds) != most {
			t.Errorf("%d bins, want %d", len(bounds), most)
		}
		for bin, rows := range held[1:] {
			if rows == 0 || rows > 2999/most+12 {
				t.Errorf("of %d bins, number %d holds %d rows", most, bin, rows)
			}
		}
	}
	if bounds := cuts([]float64{1, 2, 2, 4}, []int{0, 1, 2, 3}, 255); len(bounds) != 3 || bounds[0] != 1.5 || bounds[1] != 3 {
		t.Errorf("few values are cut at %v, want midway", bounds)
	}
	if middle := midway(1, math.Nextafter(1, 2)); middle != 1 {
		t.Errorf("midway between neighbours is %v, want the lower", middle)
	}
}
