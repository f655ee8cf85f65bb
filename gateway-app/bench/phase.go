package main

import (
	"slices"
	"sync"
	"time"
)

// phase is what one stretch of load brought: how much, in which time, and how long each transaction took
// from its proposal to its commit.
type phase struct {
	began time.Time
	took  time.Duration
	tally *tally
}

type tally struct {
	mu        sync.Mutex
	count     int
	latencies []time.Duration
}

func newPhase() phase { return phase{began: time.Now(), tally: &tally{}} }

// add counts a committed transaction that carried so many items.
func (p phase) add(items int, latency time.Duration) {
	p.tally.mu.Lock()
	defer p.tally.mu.Unlock()
	p.tally.count += items
	p.tally.latencies = append(p.tally.latencies, latency)
}

func (p phase) end() phase {
	p.took = time.Since(p.began)
	return p
}

// rate is items a second.
func (p phase) rate() float64 { return float64(p.tally.count) / p.took.Seconds() }

// latencies joins those of several phases, in order of length.
func latencies(phases []phase) []time.Duration {
	var all []time.Duration
	for _, p := range phases {
		all = append(all, p.tally.latencies...)
	}
	slices.Sort(all)
	return all
}

// rates are the phases' rates in order of size.
func rates(phases []phase) []float64 {
	all := make([]float64, len(phases))
	for i, p := range phases {
		all[i] = p.rate()
	}
	slices.Sort(all)
	return all
}

// quantile is the smallest value below or at which lies that part of a sorted list.
func quantile[T any](sorted []T, perCent int) T {
	at := (len(sorted)*perCent + 99) / 100
	return sorted[max(at, 1)-1]
}

// median is the middle of a sorted list, or the middle of the two in the middle.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
