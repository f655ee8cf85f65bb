package main

import (
	"context"
	"fmt"
	"time"
)

// side is the phases of one kind, with what all nodes used in them.
type side struct {
	phases []phase
	used   usage
}

// time is how long the phases took together.
func (s side) time() time.Duration {
	var sum time.Duration
	for _, p := range s.phases {
		sum += p.took
	}
	return sum
}

// run runs one phase and counts what the nodes used in it.
func (s *side) run(m machine, load func() (phase, error)) error {
	before, err := m.usage()
	if err != nil {
		return err
	}
	p, err := load()
	if err != nil {
		return err
	}
	after, err := m.usage()
	if err != nil {
		return err
	}
	s.phases, s.used = append(s.phases, p), s.used.plus(before, after)
	return nil
}

// measure takes the idle latencies, warms both sides up, alternates their phases and reads back what
// the repayments left on the ledger.
func measure(ctx context.Context, o options, f *field, m machine) (*result, error) {
	r := &result{options: o, machine: m, platforms: len(f.books)}
	var err error
	say("%d idle commands of each kind", o.samples)
	if r.idle, err = f.measureIdle(ctx, o.samples); err != nil {
		return nil, fmt.Errorf("measure idle latency: %w", err)
	}
	if err := f.assets.calibrate(ctx, o.phase/2); err != nil {
		return nil, fmt.Errorf("measure the plain contract: %w", err)
	}
	r.crowd = f.assets.crowd
	if _, err := r.postings(ctx, f, &side{}); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	for round := range o.rounds {
		if err := r.plain.run(m, func() (phase, error) { return f.assets.run(ctx, o.phase) }); err != nil {
			return nil, fmt.Errorf("measure the plain contract: %w", err)
		}
		posted, err := r.postings(ctx, f, &r.repayments)
		if err != nil {
			return nil, fmt.Errorf("measure repayments: %w", err)
		}
		say("round %d: plain %.0f transactions a second, repayments %.0f a second; CPU each so far %.2f ms and %.2f ms",
			round+1, r.plain.phases[round].rate(), posted.rate(), r.plain.cpuEach(), r.repayments.cpuEach())
	}
	say("read every loan back")
	if r.verified, err = f.verify(ctx); err != nil {
		return nil, err
	}
	r.peaks = make([]int64, len(m.nodes))
	for i, n := range m.nodes {
		if r.peaks[i], err = peakMemory(n.PID); err != nil {
			return nil, fmt.Errorf("read the memory of %s: %w", n.Name, err)
		}
	}
	return r, nil
}

// postings is one phase of repayments, after the business day that it needs was opened.
func (r *result) postings(ctx context.Context, f *field, s *side) (phase, error) {
	if err := f.openDayAfter(ctx, r.months); err != nil {
		return phase{}, err
	}
	err := s.run(r.machine, func() (phase, error) { return f.repay(ctx, r.options, r.months) })
	if err != nil {
		return phase{}, err
	}
	return s.phases[len(s.phases)-1], nil
}
