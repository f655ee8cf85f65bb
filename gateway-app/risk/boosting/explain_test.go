package boosting

import (
	"math"
	"math/bits"
	"testing"
)

func TestContributionsAddUpToTheMargin(t *testing.T) {
	s := invented(1500, 10)
	for _, options := range variety() {
		forest := train(t, s, s.rows(), options)
		for i := range 300 {
			row := s.row(i)
			base, parts := forest.Contributions(row)
			sum := base
			for _, part := range parts {
				sum += part
			}
			if math.Abs(sum-forest.Margin(row)) > 1e-9 {
				t.Fatalf("row %d: contributions add up to %v, the margin is %v", i, sum, forest.Margin(row))
			}
			if parts[4] != 0 || parts[5] != 0 {
				t.Fatalf("row %d: columns that are never asked get %v and %v", i, parts[4], parts[5])
			}
		}
	}
}

// TestContributionsAreShapleyValues computes them from their definition, over all sets of known columns.
func TestContributionsAreShapleyValues(t *testing.T) {
	s := invented(700, 12)
	shapes := variety()
	deep := shapes[1]
	deep.MaxDepth, deep.MaxLeaves, deep.MinChildWeight = 16, 60, 0.1
	for _, options := range append(shapes, deep) {
		options.Rounds = 6
		forest := train(t, s, s.rows(), options)
		for i := 0; i < 700; i += 23 {
			row := s.row(i)
			base, parts := forest.Contributions(row)
			wantBase, want := shapley(forest, row)
			if math.Abs(base-wantBase) > 1e-10 {
				t.Fatalf("row %d: base %v, want %v", i, base, wantBase)
			}
			for c := range want {
				if math.Abs(parts[c]-want[c]) > 1e-10 {
					t.Fatalf("options %+v, row %d: contributions %v, want %v", options, i, parts, want)
				}
			}
		}
	}
}

// shapley averages what each column adds to every set of others, by the weights of Shapley's formula.
func shapley(forest *Forest, row []float64) (base float64, parts []float64) {
	columns := len(row)
	expected := make([]float64, 1<<columns)
	for known := range expected {
		expected[known] = forest.base
		for _, t := range forest.trees {
			expected[known] += mean(t, 0, row, uint(known))
		}
	}
	parts = make([]float64, columns)
	for c := range parts {
		for known := range expected {
			if known>>c&1 == 0 {
				size := bits.OnesCount(uint(known))
				weight := factorial(size) * factorial(columns-size-1) / factorial(columns)
				parts[c] += weight * (expected[known|1<<c] - expected[known])
			}
		}
	}
	return expected[0], parts
}

// mean is a tree's answer where known columns are asked and the rest is averaged over training rows.
func mean(t tree, at int32, row []float64, known uint) float64 {
	n := t[at]
	if n.isLeaf() {
		return n.at
	}
	if known>>n.column&1 == 1 {
		return mean(t, n.next(row), row, known)
	}
	left, right := mean(t, n.left, row, known), mean(t, n.left+1, row, known)
	return (left*float64(t[n.left].rows) + right*float64(t[n.left+1].rows)) / float64(n.rows)
}

func factorial(n int) float64 {
	product := 1.0
	for i := 2; i <= n; i++ {
		product *= float64(i)
	}
	return product
}
