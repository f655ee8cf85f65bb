package submission

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// verdict holds a statement against the regulator's own read model. It is not ready while the read model has not seen
// the business day closed that the statement is about.
func (r *Regulator) verdict(ctx context.Context, s Record, content Content) (v *Verdict, ready bool, err error) {
	if s.Kind == LoanBook {
		return r.judgeBook(ctx, s, content)
	}
	return r.judgeDisclosure(ctx, s, content)
}

func (r *Regulator) judgeDisclosure(ctx context.Context, s Record, content Content) (*Verdict, bool, error) {
	text, err := content.All(ctx)
	if err != nil {
		return nil, false, err
	}
	stated, err := disclosure.Parse(text)
	if err != nil {
		return nil, false, err
	}
	if passed, err := r.passed(ctx, stated); err != nil || !passed {
		return nil, false, err
	}
	closings, err := r.statedClosings(ctx, stated)
	if err != nil {
		return nil, false, err
	}
	v := &Verdict{}
	if len(closings) == 0 {
		v.add(Finding{Rule: disclosure.InHeading, Field: "closings", Stated: textOf(stated.Closings), Computed: disclosure.Absent})
		return v, true, nil
	}
	pack, err := r.pack(ctx, closings, v)
	if errors.Is(err, ErrNoRules) {
		v.add(Finding{Rule: disclosure.InHeading, Field: "regime", Stated: stated.Regime, Computed: disclosure.Absent})
		return v, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	computed, err := r.figures.compute(closings, stated.Period, pack)
	if err != nil {
		return nil, false, fmt.Errorf("compute the disclosure of %s for %s: %w", s.Platform, s.Period, err)
	}
	compareDisclosures(stated, computed, pack, v)
	return v, true, r.compareClosings(ctx, stated, closings, v)
}

// passed reports whether the read model has seen every business day closed that a disclosure names, or can never see it:
// whoever keeps no books for the platform closes no day of it.
func (r *Regulator) passed(ctx context.Context, stated disclosure.Disclosure) (bool, error) {
	for _, c := range stated.Closings {
		if !slices.Contains(r.ledger.pairs, projection.Pair{Platform: stated.Platform, Custodian: c.Custodian}) {
			continue
		}
		day, err := r.ledger.books.Day(ctx, c.Custodian)
		if errors.Is(err, fault.New(fault.NotFound)) {
			return false, nil
		}
		if err != nil || !past(day.State, c.On) {
			return false, err
		}
	}
	return true, nil
}

// statedClosings are the own closings of the very days that a disclosure names, so that its figures are judged the same
// however late it comes. A day that was not closed, or is after the period, is left out, which is a difference.
func (r *Regulator) statedClosings(ctx context.Context, stated disclosure.Disclosure) ([]Closing, error) {
	var closings []Closing
	for _, said := range stated.Closings {
		known := slices.Contains(r.ledger.pairs, projection.Pair{Platform: stated.Platform, Custodian: said.Custodian})
		again := slices.ContainsFunc(closings, func(c Closing) bool { return c.Custodian == said.Custodian })
		if !known || again || said.On > stated.Period.To {
			continue
		}
		c, err := r.ledger.books.LastClosing(ctx, stated.Platform, said.Custodian, said.On)
		if errors.Is(err, fault.New(fault.NotFound)) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for the close of %s by %s: %w", said.On, said.Custodian, err)
		}
		if c.On == said.On {
			closings = append(closings, c)
		}
	}
	return closings, nil
}

// compareClosings looks whether a disclosure names the closings that it should: of every custodian the last of the
// period that was on the ledger when the latest of the named ones was and, once the period is over, the last of all.
func (r *Regulator) compareClosings(ctx context.Context, stated disclosure.Disclosure, closings []Closing, v *Verdict) error {
	if len(closings) < len(stated.Closings) {
		return nil // the figures' heading says so
	}
	var books Closer = r.ledger.books
	ended, err := r.ledger.over(ctx, stated.Platform, stated.Period)
	if err != nil {
		return err
	}
	if !ended {
		var block uint64
		for _, c := range closings {
			block = max(block, c.Block)
		}
		books = until{books, block}
	}
	last, err := LastClosings(ctx, books, r.ledger.pairs, stated.Platform, stated.Period)
	if said, is := textOf(named(closings)), textOf(named(last)); err == nil && said != is {
		v.add(Finding{Rule: disclosure.InHeading, Field: "closings", Stated: said, Computed: is})
	}
	return err
}

// pack is the pack that was in force at the closings, which the verdict names.
func (r *Regulator) pack(ctx context.Context, closings []Closing, v *Verdict) (regime.Pack, error) {
	pack, err := GoverningPack(ctx, r.ledger.books, closings)
	if err != nil {
		return pack, err
	}
	v.Pack = pack.ID
	v.PackDigest, err = wire.PackDigest(pack)
	return pack, err
}

func (r *Regulator) judgeBook(ctx context.Context, s Record, content Content) (*Verdict, bool, error) {
	period, err := disclosure.ParsePeriod(s.Period)
	if err != nil {
		return nil, false, err
	}
	if closed, err := r.ledger.closed(ctx, s.Platform, period.To); err != nil || !closed {
		return nil, false, err
	}
	closings, err := r.ledger.LastClosings(ctx, s.Platform, period)
	if err != nil {
		return nil, false, err
	}
	v := &Verdict{}
	if len(closings) == 0 {
		v.add(Finding{Rule: disclosure.InHeading, Field: "period", Stated: s.Period, Computed: disclosure.Absent})
		return v, true, nil
	}
	pack, err := r.pack(ctx, closings, v)
	if err != nil && !errors.Is(err, ErrNoRules) { // without rules of validation a book is still held against the loans
		return nil, false, err
	}
	return v, true, reconcile(ctx, Lines(s.MediaType, content.Open(ctx)), r.ledger.lines(ctx, closings), compileRules(pack, LoanBook), v)
}
