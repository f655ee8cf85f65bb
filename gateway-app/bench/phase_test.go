package main

import (
	"slices"
	"testing"
	"time"
)

func TestQuantileIsTheNearestRank(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, one := range []struct {
		list    []int
		perCent int
		want    int
	}{
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 100, 100},
		{hundred, 0, 1},
		{[]int{7}, 50, 7},
		{[]int{7}, 99, 7},
		{[]int{1, 2, 3}, 50, 2},
		{[]int{1, 2, 3}, 99, 3},
	} {
		if got := quantile(one.list, one.perCent); got != one.want {
			t.Errorf("the %d %% quantile of %d numbers is %d, not %d", one.perCent, len(one.list), got, one.want)
		}
	}
}

func TestMedianOfPhasesIgnoresTheDisturbedOne(t *testing.T) {
	phases := make([]phase, 3)
	for i, count := range []int{1_000, 10, 1_200} {
		phases[i] = phase{took: time.Second, tally: &tally{count: count}}
	}
	if got := median(rates(phases)); got != 1_000 {
		t.Errorf("got %f", got)
	}
	if got := median([]float64{1, 2}); got != 1.5 {
		t.Errorf("the median of two is between them, not %f", got)
	}
}

func TestLatenciesOfAllPhasesAreSorted(t *testing.T) {
	p, q := newPhase(), newPhase()
	p.add(500, 3*time.Second)
	q.add(500, time.Second)
	q.add(500, 2*time.Second)
	all := latencies([]phase{p.end(), q.end()})
	if !slices.Equal(all, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}) {
		t.Errorf("got %v", all)
	}
	if q.tally.count != 1_000 {
		t.Errorf("two requests of 500 items count as %d", q.tally.count)
	}
}
