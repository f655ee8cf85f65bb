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

// checkCredits asserts what Cumulative guarantees for one receipt, and returns the new credits.
func checkCredits(t *rapid.T, total money.Minor, weights []int64, credited []money.Minor) []money.Minor {
	t.Helper()
	credits, err := split.Cumulative(total, weights, credited)
	if err != nil {
		t.Fatalf("%d by %v after %v: %v", total, weights, credited, err)
	}
	sum, one := sumOf(weights), big.NewRat(1, 1)
	next := make([]money.Minor, len(credited))
	for i, credit := range credits {
		if credit < 0 {
			t.Fatalf("payee %d is credited %d", i, credit)
		}
		next[i] = credited[i] + credit
		above := new(big.Rat).Sub(big.NewRat(int64(next[i]), 1), share(total, weights[i], sum))
		if credit > 0 && above.Cmp(one) >= 0 {
			t.Fatalf("payee %d is credited %d and passes its share of %d rounded up", i, credit, total)
		}
	}
	if all, err := money.Sum(next...); err != nil || all != total {
		t.Fatalf("%v sum to %d, %v; want %d", next, all, err, total)
	}
	return next
}

// A loan's principal comes back in receipts of any size. After each, every payee is below its share
// rounded up; after the last, everyone has its own to the unit.
func TestRepaidPrincipalReachesEveryoneExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := someWeights().Draw(t, "weights")
		principal := sumOf(weights).Int64()
		credited := make([]money.Minor, len(weights))
		var total int64
		for range rapid.IntRange(0, 20).Draw(t, "receipts") {
			receipt := rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64Range(0, principal)).Draw(t, "receipt")
			total += min(receipt, principal-total)
			credited = checkCredits(t, money.Minor(total), weights, credited)
			for i, had := range credited {
				ceiling := new(big.Rat).Add(share(money.Minor(total), weights[i], sumOf(weights)), big.NewRat(1, 1))
				if big.NewRat(int64(had), 1).Cmp(ceiling) >= 0 {
					t.Fatalf("payee %d had %d of %d by %v", i, had, total, weights)
				}
			}
		}
		credited = checkCredits(t, money.Minor(principal), weights, credited)
		for i, w := range weights {
			if int64(credited[i]) != w {
				t.Fatalf("payee %d lent %d and got back %d", i, w, credited[i])
			}
		}
	})
}

// Whatever was credited before, fair or not, the guarantees hold.
func TestCumulativeFromAnyPast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := someWeights().Draw(t, "weights")
		credited := make([]money.Minor, len(weights))
		var total money.Minor
		for i := range credited {
			credited[i] = money.Minor(rapid.Int64Range(0, math.MaxInt64/64).Draw(t, "credited"))
			total += credited[i]
		}
		total += money.Minor(rapid.Int64Range(0, math.MaxInt64/64).Draw(t, "new"))
		checkCredits(t, total, weights, credited)
	})
}

// unitByUnit is the definition, followed literally: everyone gets the whole units it lacks, then
// single units go to the largest claim or come back from the smallest.
func unitByUnit(total int64, weights, credited []int64) []money.Minor {
	var sum, fresh int64 = 0, total
	for i, w := range weights {
		sum += w
		fresh -= credited[i]
	}
	credits, claims := make([]money.Minor, len(weights)), make([]int64, len(weights))
	for i, w := range weights {
		claims[i] = total*w - credited[i]*sum
		if claims[i] > 0 {
			credits[i] = money.Minor(claims[i] / sum)
			claims[i] -= int64(credits[i]) * sum
			fresh -= int64(credits[i])
		}
	}
	for ; fresh > 0; fresh-- {
		best := 0
		for i := range claims {
			if claims[i] > claims[best] {
				best = i
			}
		}
		credits[best]++
		claims[best] -= sum
	}
	for ; fresh < 0; fresh++ {
		worst := -1
		for i := range claims {
			if credits[i] > 0 && (worst < 0 || claims[i] <= claims[worst]) {
				worst = i
			}
		}
		credits[worst]--
		claims[worst] += sum
	}
	return credits
}

func FuzzCumulative(f *testing.F) {
	f.Add(uint16(97), []byte{100, 100, 100}, []byte{32, 33, 32})
	f.Add(uint16(4), []byte{1, 1}, []byte{10, 0})
	f.Add(uint16(14), []byte{1, 1, 3}, []byte{10, 0, 1})
	f.Fuzz(func(t *testing.T, fresh uint16, shares, past []byte) {
		if len(shares) > 40 || len(shares) == 0 || len(past) < len(shares) || slices.Max(shares) == 0 {
			return
		}
		total := int64(fresh)
		weights, had := make([]int64, len(shares)), make([]int64, len(shares))
		credited := make([]money.Minor, len(shares))
		for i := range shares {
			weights[i], had[i], credited[i] = int64(shares[i]), int64(past[i]), money.Minor(past[i])
			total += had[i]
		}
		got, err := split.Cumulative(money.Minor(total), weights, credited)
		if want := unitByUnit(total, weights, had); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d by %v after %v: %v, %v; want %v", total, weights, had, got, err, want)
		}
	})
}

func TestCumulativeRefusals(t *testing.T) {
	weights := []int64{1, 1}
	for _, c := range []struct {
		total    money.Minor
		credited []money.Minor
		want     error
	}{
		{-1, []money.Minor{0, 0}, split.ErrTotal},
		{9, []money.Minor{5, 5}, split.ErrOverpaid},
		{9, []money.Minor{math.MaxInt64, math.MaxInt64}, split.ErrOverpaid},
		{9, []money.Minor{-1, 5}, split.ErrCredited},
		{9, []money.Minor{5}, split.ErrCredited},
		{9, nil, split.ErrCredited},
	} {
		if got, err := split.Cumulative(c.total, weights, c.credited); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%d after %v: %v, %v; want %v", c.total, c.credited, got, err, c.want)
		}
	}
}

// A division allocates its result and nothing else, for as many payees as loans usually have.
func TestDivisionAllocatesOnlyItsResult(t *testing.T) {
	weights := tenShares()
	credited := make([]money.Minor, len(weights))
	divisions := map[string]func() error{
		"Largest":    func() error { _, err := split.Largest(34_567, weights); return err },
		"Cumulative": func() error { _, err := split.Cumulative(34_567, weights, credited); return err },
	}
	for name, divide := range divisions {
		allocations := testing.AllocsPerRun(100, func() {
			if err := divide(); err != nil {
				t.Fatal(err)
			}
		})
		if allocations > 1 {
			t.Errorf("%s allocates %v times", name, allocations)
		}
	}
}

func BenchmarkCumulative(b *testing.B) {
	b.ReportAllocs()
	weights := tenShares()
	credited, err := split.Largest(400_001, weights)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := split.Cumulative(434_567, weights, credited); err != nil {
			b.Fatal(err)
		}
	}
}
