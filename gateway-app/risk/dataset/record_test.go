package dataset_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

func show(value dataset.Value, kind dataset.Kind) string {
	switch {
	case value.Missing():
		return "missing"
	case kind == dataset.Number:
		return fmt.Sprint(value.Number)
	}
	return value.Word
}

func TestApplicantsAreReadStrictly(t *testing.T) {
	reader := dataset.NewReader(parse(t, small))
	cases := []struct{ object, refusal string }{
		{`{"income": 5, "home": "own"}`, ""},
		{`{"income": null, "home": ""}`, ""},
		{`{"id": 7, "outcome": "paid"}`, ""}, // of the file, and not read
		{`{"income": "5"}`, "field income: \"5\" is not a number; send one"},
		{`{"income": -1}`, "field income: -1 is outside 0 to 1000"},
		{`{"home": 5}`, "field home: 5 is not a string"},
		{`{"home": "castle"}`, "field home: \"castle\" is none of the levels"},
		{`{"zeal": 1, "colour": "red"}`, "fields colour, zeal are not in schema small; it knows income, debt"},
		{`{"debt_to_income": 0}`, "fields debt_to_income are not in schema"}, // computed, never told
		{`[]`, "read the applicant's fields"},
	}
	for _, c := range cases {
		_, err := reader.JSON([]byte(c.object))
		if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)) {
			t.Errorf("%s: %v, want %q", c.object, err, c.refusal)
		}
	}
}

func TestEncodingOfNumbersLevelsAndMissing(t *testing.T) {
	table := load(t, rows)
	encoding, err := dataset.NewEncoding(table, table.All(), []string{"income", "home", "work", "debt_to_income"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"income", "home=own", "home=rent", "work=clerk", "work=smith", "debt_to_income"}
	if !slices.Equal(encoding.Names(), names) || !slices.Equal(encoding.Monotone(), []int{-1, 0, 0, 0, 0, 1}) {
		t.Fatalf("%q, %v", encoding.Names(), encoding.Monotone())
	}
	matrix, err := encoding.Matrix(table)
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	want := [][]float64{{100, 0, nan}, {1, 0, nan}, {0, 1, nan}, {0, nan, 1}, {1, nan, 0}, {.5, nan, nan}}
	if fmt.Sprint(matrix) != fmt.Sprint(want) {
		t.Errorf("matrix %v, want %v", matrix, want)
	}
	rare, err := dataset.NewEncoding(table, table.All(), []string{"work"}, 2)
	if err != nil || len(rare.Inputs) != 0 {
		t.Errorf("levels of one row each: %v, %v", rare, err)
	}
}

func TestFoldsPartitionAndStratify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bad := rapid.SliceOfN(rapid.Bool(), 20, 200).Draw(t, "bad")
		plan := dataset.Plan{
			Folds: rapid.IntRange(2, 6).Draw(t, "folds"), Repeats: rapid.IntRange(1, 3).Draw(t, "repeats"),
			Seed: rapid.Uint64().Draw(t, "seed"),
		}
		splits, err := plan.Splits(bad)
		if err != nil {
			t.Skip("too few rows of a kind")
		}
		seen, total := make([]int, len(bad)), count(bad, rows0(len(bad)))
		for _, s := range splits {
			if all := append(slices.Clone(s.Train), s.Test...); len(all) != len(bad) {
				t.Fatalf("%d rows in train and test", len(all))
			}
			for _, row := range s.Test {
				seen[row]++
				if slices.Contains(s.Train, row) {
					t.Fatalf("row %d is trained on and tested", row)
				}
			}
			if n := count(bad, s.Test); n < total/plan.Folds || n > total/plan.Folds+1 {
				t.Fatalf("%d of %d bad rows in one of %d folds", n, total, plan.Folds)
			}
		}
		for row, times := range seen {
			if times != plan.Repeats {
				t.Fatalf("row %d is tested %d times in %d repeats", row, times, plan.Repeats)
			}
		}
	})
}

func rows0(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func count(bad []bool, rows []int) int {
	n := 0
	for _, row := range rows {
		if bad[row] {
			n++
		}
	}
	return n
}

// A fold that moved would change every figure that was ever reported with its seed.
func TestFoldsOfASeedNeverChange(t *testing.T) {
	bad := make([]bool, 12)
	bad[1], bad[5], bad[6], bad[11] = true, true, true, true
	splits, err := dataset.Plan{Folds: 2, Repeats: 2, Seed: 7}.Splits(bad)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, s := range splits {
		got += fmt.Sprintln(s.Repeat, s.Fold, s.Test)
	}
	want := "0 0 [5 7 8 9 10 11]\n0 1 [0 1 2 3 4 6]\n1 0 [1 2 4 8 9 11]\n1 1 [0 3 5 6 7 10]\n"
	if got != want {
		t.Errorf("folds are\n%s, want\n%s", got, want)
	}
}

func TestHoldOutTakesAShare(t *testing.T) {
	bad := make([]bool, 50)
	for i := range bad {
		bad[i] = i%5 == 0
	}
	train, held, err := dataset.HoldOut(bad, 200_000, 3)
	if err != nil || len(train) != 40 || len(held) != 10 || count(bad, held) != 2 || slices.Contains(train, held[0]) {
		t.Errorf("%d rows to train on, %d held of which %d bad, %v", len(train), len(held), count(bad, held), err)
	}
	if _, _, err := dataset.HoldOut(bad, 0, 3); err == nil {
		t.Error("a share of nothing was held out")
	}
}
