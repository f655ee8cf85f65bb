package split_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/split"
)

// someWeights draws weights that divide anything: not all zero, and summing within 64 bits.
func someWeights() *rapid.Generator[[]int64] {
	size := rapid.SampledFrom([]int64{1, 3, 1000, 1_000_000_000, math.MaxInt64 / 40})
	return rapid.Custom(func(t *rapid.T) []int64 {
		most := size.Draw(t, "most")
		weights := rapid.SliceOfN(rapid.Int64Range(0, most), 1, 40).Draw(t, "weights")
		if !slices.ContainsFunc(weights, func(w int64) bool { return w > 0 }) {
			weights[len(weights)-1] = most
		}
		return weights
	})
}

func sumOf(weights []int64) *big.Int {
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, big.NewInt(w))
	}
	return sum
}

// share is total*weight/sum, exactly.
func share(total money.Minor, weight int64, sum *big.Int) *big.Rat {
	product := new(big.Int).Mul(big.NewInt(int64(total)), big.NewInt(weight))
	return new(big.Rat).SetFrac(product, sum)
}

func TestPartsSumAndLieWithinAUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := money.Minor(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-50, 50)).Draw(t, "total"))
		weights := someWeights().Draw(t, "weights")
		parts, err := split.Largest(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := money.Sum(parts...); err != nil || sum != total {
			t.Fatalf("%v sum to %d, %v; want %d", parts, sum, err, total)
		}
		one := big.NewRat(1, 1)
		for i, part := range parts {
			off := new(big.Rat).Sub(big.NewRat(int64(part), 1), share(total, weights[i], sumOf(weights)))
			if off.Abs(off).Cmp(one) >= 0 {
				t.Fatalf("payee %d of weight %d gets %d of %d, a unit or more from its share", i, weights[i], part, total)
			}
			if weights[i] == 0 && part != 0 {
				t.Fatalf("payee %d has no weight and gets %d", i, part)
			}
		}
		if total == math.MinInt64 {
			return
		}
		mirrored, err := split.Largest(-total, weights)
		if err != nil {
			t.Fatal(err)
		}
		for i := range parts {
			if mirrored[i] != -parts[i] {
				t.Fatalf("%d is divided as %v, and its negative as %v", total, parts, mirrored)
			}
		}
	})
}

func TestUnitsLeftGoToTheLargestRemainders(t *testing.T) {
	for _, c := range []struct {
		total   money.Minor
		weights []int64
		want    []money.Minor
	}{
		{100, []int64{1, 1, 1}, []money.Minor{34, 33, 33}},
		{101, []int64{1, 1, 1}, []money.Minor{34, 34, 33}},
		{10, []int64{5, 3, 2}, []money.Minor{5, 3, 2}},
		{7, []int64{5, 3, 2}, []money.Minor{4, 2, 1}}, // 3.5, 2.1, 1.4: the half wins
		{1, []int64{1, 2, 1}, []money.Minor{0, 1, 0}},
		{-1, []int64{1, 2, 1}, []money.Minor{0, -1, 0}},
		{2, []int64{0, 1, 0, 1, 1}, []money.Minor{0, 1, 0, 1, 0}},
		{0, []int64{4, 5}, []money.Minor{0, 0}},
		{math.MinInt64, []int64{0, 9}, []money.Minor{0, math.MinInt64}},
		{math.MaxInt64, []int64{math.MaxInt64}, []money.Minor{math.MaxInt64}},
		{math.MinInt64, []int64{1, 1}, []money.Minor{math.MinInt64 / 2, math.MinInt64 / 2}},
	} {
		got, err := split.Largest(c.total, c.weights)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%d by %v = %v, %v; want %v", c.total, c.weights, got, err, c.want)
		}
	}
}

func TestWeightsThatDivideNothingAreRefused(t *testing.T) {
	for _, weights := range [][]int64{nil, {}, {0}, {0, 0}, {1, -1}, {math.MaxInt64, 1}, {math.MaxInt64, math.MaxInt64, 2}} {
		if parts, err := split.Largest(10, weights); !errors.Is(err, split.ErrWeights) {
			t.Errorf("by %v: %v, %v; want ErrWeights", weights, parts, err)
		}
		if credits, err := split.Cumulative(10, weights, make([]money.Minor, len(weights))); !errors.Is(err, split.ErrWeights) {
			t.Errorf("cumulatively by %v: %v, %v; want ErrWeights", weights, credits, err)
		}
	}
}

// At the start, with nothing credited, the two divisions are one.
func TestCumulativeBeginsAsLargest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := money.Minor(rapid.Int64Range(0, math.MaxInt64).Draw(t, "total"))
		weights := someWeights().Draw(t, "weights")
		parts, err := split.Largest(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		credits, err := split.Cumulative(total, weights, make([]money.Minor, len(weights)))
		if err != nil || !slices.Equal(credits, parts) {
			t.Fatalf("%d by %v: %v, %v; want %v", total, weights, credits, err, parts)
		}
	})
}

func tenShares() []int64 {
	return []int64{123_400, 98_700, 250_000, 33_333, 66_667, 100_000, 5_000, 77_900, 145_000, 100_000}
}

func BenchmarkLargest(b *testing.B) {
	b.ReportAllocs()
	weights := tenShares()
	for b.Loop() {
		if _, err := split.Largest(34_567, weights); err != nil {
			b.Fatal(err)
		}
	}
}
