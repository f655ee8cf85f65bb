package split_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/split"
)

// numbers reads the integers of a line's tail.
func numbers(t *testing.T, fields []string) []int64 {
	t.Helper()
	out := make([]int64, len(fields))
	for i, f := range fields {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = n
	}
	return out
}

func minors(units []int64) []money.Minor {
	out := make([]money.Minor, len(units))
	for i, u := range units {
		out[i] = money.Minor(u)
	}
	return out
}

func TestShareVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/shares.txt")
	if err != nil {
		t.Fatal(err)
	}
	var weights []int64
	var had []money.Minor
	loans := 0
	for number, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "shares"):
			weights = numbers(t, fields[1:])
			had = make([]money.Minor, len(weights))
		case strings.HasPrefix(line, "so far"):
			row := numbers(t, fields[2:])
			credits, err := split.Cumulative(money.Minor(row[0]), weights, had)
			if err != nil || !slices.Equal(credits, minors(row[1:])) {
				t.Fatalf("line %d: credits %v, %v; want %v", number+1, credits, err, row[1:])
			}
			for i, c := range credits {
				had[i] += c
			}
		case strings.HasPrefix(line, "in all"):
			if want := minors(numbers(t, fields[2:])); !slices.Equal(had, want) {
				t.Fatalf("line %d: had %v, want %v", number+1, had, want)
			}
			loans++
		case line != "" && !strings.HasPrefix(line, "#"):
			t.Fatalf("line %d is none of shares, so far, in all: %q", number+1, line)
		}
	}
	if loans != 4 {
		t.Fatalf("%d loans were read, want 4", loans)
	}
}
