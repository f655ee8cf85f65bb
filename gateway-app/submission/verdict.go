package submission

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
)

// verdict holds a statement against the regulator's own read model. It is not ready while the read model has not seen
// the business day closed that the statement is about.
func (r *Regulator) verdict(ctx context.Context, s Record, content []byte) (v *Verdict, ready bool, err error) {
	if s.Kind == LoanBook {
		return r.judgeBook(ctx, s, content)
	}
	return r.judgeDisclosure(ctx, s, content)
}

func (r *Regulator) judgeDisclosure(ctx context.Context, s Record, content []byte) (*Verdict, bool, error) {
	stated, err := disclosure.Parse(content)
	if err != nil {
		return nil, false, err
	}
	closings, ready, err := r.closingsFor(ctx, stated)
	if err != nil || !ready {
		return nil, false, err
	}
	v := &Verdict{}
	if len(closings) == 0 {
		v.add(Finding{Rule: disclosure.InHeading, Field: "closings", Stated: stated.ClosedOn().String(), Computed: disclosure.Absent})
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
	return v, true, compareDisclosures(stated, computed, pack, v)
}

// closingsFor are the own closings that a stated disclosure is held against: the last of its period once that is over,
// and before that those up to the day that it names.
func (r *Regulator) closingsFor(ctx context.Context, stated disclosure.Disclosure) ([]Closing, bool, error) {
	for _, c := range stated.Closings {
		if passed, err := r.passed(ctx, Pair{stated.Platform, c.Custodian}, c.On); err != nil || !passed {
			return nil, false, err
		}
	}
	closings, err := r.ledger.LastClosings(ctx, stated.Platform, stated.Period)
	if err != nil {
		return nil, false, err
	}
	ended, err := r.ledger.over(ctx, closings, stated.Period)
	if err != nil || ended {
		return closings, true, err
	}
	closings, err = r.ledger.LastClosings(ctx, stated.Platform, disclosure.Period{From: stated.Period.From, To: stated.ClosedOn()})
	return closings, true, err
}

// passed reports whether the read model has seen a business day closed, or can never see that.
func (r *Regulator) passed(ctx context.Context, pair Pair, on calendar.Date) (bool, error) {
	if !slices.Contains(r.ledger.pairs, pair) {
		return true, nil // whoever keeps no books for the platform closes no day of it
	}
	day, err := r.ledger.books.Day(ctx, pair.Custodian)
	switch {
	case errors.Is(err, fault.New(fault.NotFound)):
		return false, nil
	case err != nil:
		return false, err
	}
	return day.State.Date > on || day.State.Date == on && !day.State.Open, nil
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

func (r *Regulator) judgeBook(ctx context.Context, s Record, content []byte) (*Verdict, bool, error) {
	period, err := disclosure.ParsePeriod(s.Period)
	if err != nil {
		return nil, false, err
	}
	closings, err := r.ledger.LastClosings(ctx, s.Platform, period)
	if err != nil {
		return nil, false, err
	}
	v := &Verdict{}
	if len(closings) == 0 {
		passed, err := r.ledger.goneBy(ctx, s.Platform, period)
		v.add(Finding{Rule: disclosure.InHeading, Field: "period", Stated: s.Period, Computed: disclosure.Absent})
		return v, passed, err
	}
	pack, err := r.pack(ctx, closings, v)
	if err != nil && !errors.Is(err, ErrNoRules) { // without rules of validation a book is still held against the loans
		return nil, false, err
	}
	rules, err := compileRules(pack, LoanBook)
	if err != nil {
		return nil, false, err
	}
	return v, true, reconcile(ctx, Lines(s.MediaType, content), r.ledger.linesOf(ctx, closings), rules, v)
}
