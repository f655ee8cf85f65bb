package boosting

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden forest anew")

const golden = "testdata/forest.golden.json"

// TestForestIsTheGoldenOne trains, and reads, the forest that was written once. A difference means that
// forests of earlier versions cannot be grown again: that is a new file version, not a new golden file. The
// bytes are the same on amd64, with and without fused multiplication (GOAMD64=v3), on 386 and on arm64.
func TestForestIsTheGoldenOne(t *testing.T) {
	s := invented(400, 42)
	s.Monotone = []int{1, 0, 0, 0, 0, 0}
	options := Standard()
	options.Seed, options.Rounds, options.MaxDepth = 42, 6, 3
	options.ValidationShare, options.Patience = .2, 3
	text, err := json.Marshal(train(t, s, s.rows(), options))
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(golden, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Errorf("training grows another forest: %s", firstDifference(text, want))
	}
	var read Forest
	if err := json.Unmarshal(want, &read); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(&read); err != nil || !bytes.Equal(append(again, '\n'), want) {
		t.Errorf("read and written again it is another forest (%v): %s", err, firstDifference(append(again, '\n'), want))
	}
}

// firstDifference shows two texts from shortly before they part.
func firstDifference(got, want []byte) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	show := func(text []byte) []byte { return text[max(0, min(at, len(text))-60):min(at+60, len(text))] }
	return fmt.Sprintf("at byte %d\n got …%s…\nwant …%s…", at, show(got), show(want))
}

func TestForestReadAgainAnswersTheSameBits(t *testing.T) {
	s := invented(1000, 14)
	for _, options := range variety() {
		forest := train(t, s, s.rows(), options)
		text, err := json.Marshal(forest)
		if err != nil {
			t.Fatal(err)
		}
		var read Forest
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		for i := range s.bad {
			row := s.row(i)
			if math.Float64bits(read.Probability(row)) != math.Float64bits(forest.Probability(row)) {
				t.Fatalf("row %d: %v before, %v after", i, forest.Probability(row), read.Probability(row))
			}
		}
		if read.Options() != forest.Options() || read.Training() != forest.Training() {
			t.Errorf("options or training came back as %+v, %+v", read.Options(), read.Training())
		}
	}
}

// whole is the smallest forest that asks something.
const whole = `{"kind":"boosted_trees","version":1,"columns":[{"name":"a","monotone":0}],` +
	`"options":{"seed":1,"rounds":1,"learning_rate":1,"growth":"depth","max_depth":2,"max_leaves":0,"l2":1,` +
	`"min_gain":0,"min_child_weight":1,"bins":255,"row_share":1,"column_share":1,"validation_share":0,"patience":0},` +
	`"training":{"rows":9,"bad":3,"validation_rows":0,"rounds":1,"loss":0.5,"validation_loss":0},"base_margin":-1,` +
	`"trees":[[{"column":0,"at_most":2,"left":1,"gain":3,"rows":9},{"value":1,"rows":4},{"value":-1,"rows":5}]]}`

func TestDamagedForestsAreRefused(t *testing.T) {
	var forest Forest
	if err := json.Unmarshal([]byte(whole), &forest); err != nil {
		t.Fatalf("the whole forest is refused: %v", err)
	}
	for _, damage := range []struct{ from, to, want string }{
		{`"version":1`, `"version":2`, "this program reads"},
		{`"boosted_trees"`, `"scorecard"`, "this program reads"},
		{`"base_margin"`, `"bias"`, "unknown field"},
		{`"name":"a"`, `"name":""`, "has no name"},
		{`"l2":1`, `"l2":-1`, "l2 must"},
		{`"column":0`, `"column":1`, "there is no column 1"},
		{`"column":0`, `"column":-1`, "there is no column -1"},
		{`"at_most":2,`, ``, "a question has a bound"},
		{`"left":1,`, ``, "missing or another's"},
		{`"left":1`, `"left":2`, "missing or another's"},
		{`"left":1`, `"left":-1`, "missing or another's"},
		{`{"value":1,"rows":4}`, `{"rows":4}`, "a leaf has a value"},
		{`{"value":1,"rows":4}`, `{"value":1,"rows":3}`, "do not have its rows"},
		{`"rows":9},{`, `"rows":0},{`, "no rows came by"},
		{`{"value":-1,"rows":5}`, `{"value":-1,"rows":5},{"value":0,"rows":1}`, "no question leads to it"},
		{`{"value":1,"rows":4}`, `{"column":0,"at_most":1,"left":1,"rows":4}`, "missing or another's"},
		{`{"value":1,"rows":4},{"value":-1,"rows":5}`, ``, "invalid character"},
		{`[[{`, `[[],[{`, "there are no nodes"},
	} {
		text := strings.Replace(whole, damage.from, damage.to, 1)
		if err := json.Unmarshal([]byte(text), new(Forest)); err == nil || !strings.Contains(err.Error(), damage.want) {
			t.Errorf("%s for %s: want a refusal with %q, got %v", damage.to, damage.from, damage.want, err)
		}
	}
}

// FuzzForestThatIsReadCanBeAsked reads anything: what is accepted must answer and explain without failing.
func FuzzForestThatIsReadCanBeAsked(f *testing.F) {
	f.Add([]byte(whole), 1.5)
	f.Fuzz(func(t *testing.T, text []byte, value float64) {
		var forest Forest
		if json.Unmarshal(text, &forest) != nil {
			return
		}
		row := make([]float64, len(forest.Names()))
		for c := range row {
			row[c] = value
		}
		forest.Probability(row)
		if _, parts := forest.Contributions(row); len(parts) != len(row) {
			t.Errorf("%d contributions for %d columns", len(parts), len(row))
		}
	})
}
