package main

import (
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// What the demo says of disclosures.
const (
	agrees       = "agrees"
	found        = "found"
	acknowledged = "acknowledged"
	rejected     = "rejected"
)

// falseFigure is the indicator that one platform states falsely, before it states the truth.
const falseFigure = "balance"

// disclose has both platforms publish the disclosure of the month that was closed last, one of them after it has tried
// a false figure, and holds three computations against each other: the platform's as it published it, the regulator's
// own, and that of whoever has only the blocks.
func (s *stage) disclose(all []*book, r *result) error {
	period := disclosure.MonthOf(s.scene.Today)
	progress := s.chapter("Disclosures compared", len(all))
	defer progress.finish()
	r.Disclosure, r.DisclosurePlanted = agrees, "not found"
	indicators, differs := make([]int, len(all)), make([]bool, len(all))
	group, _ := errgroup.WithContext(s.ctx)
	for i, b := range all {
		group.Go(func() error {
			computed, err := s.follower.disclosure(b.platform.Profile.Member, s.scene.Cast.Custodian.Profile.Member, s.scene.Today, period)
			if err != nil {
				return err
			}
			if i == 0 {
				named, err := s.plant(b, computed)
				if err != nil {
					return err
				}
				if named {
					r.DisclosurePlanted = found
				}
			}
			differs[i], err = s.publish(b, computed)
			indicators[i] = len(computed.Indicators)
			progress.step()
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("disclose %s: %w", period, err)
	}
	if slices.Contains(differs, true) {
		r.Disclosure = "differs"
	}
	for _, n := range indicators {
		r.DisclosureIndicators += n
	}
	return nil
}

// plant has a platform hand in its disclosure with one figure changed, and reports whether the regulator's app rejected
// it for that figure.
func (s *stage) plant(b *book, computed disclosure.Disclosure) (bool, error) {
	forged := computed
	forged.Indicators = slices.Clone(computed.Indicators)
	for i := range forged.Indicators {
		if indicator := &forged.Indicators[i]; indicator.ID == falseFigure && indicator.Value != nil {
			less := *indicator.Value - 1
			indicator.Value = &less
		}
	}
	content, err := forged.Canonical()
	if err != nil {
		return false, err
	}
	stated, err := b.platform.Office.HandIn(s.ctx, "disclosure", computed.Period.String(), "other_system", "application/json", content)
	if err != nil {
		return false, err
	}
	if stated, err = s.judged(b, stated); err != nil {
		return false, err
	}
	named := slices.ContainsFunc(stated.Verdict.Findings, func(f client.SubmissionFinding) bool { return f.Indicator == falseFigure })
	return stated.Judged == rejected && named, nil
}

// publish has a platform publish its disclosure, and reports whether anybody computes another one. The month may still run,
// and is not shown to everybody before it is over: both members are asked as their own staff ask.
func (s *stage) publish(b *book, computed disclosure.Disclosure) (bool, error) {
	member, period := b.platform.Profile.Member, computed.Period.String()
	stated, err := b.platform.Office.PublishDisclosure(s.ctx, period, "figure_wrong")
	if err != nil {
		return false, err
	}
	if stated, err = s.judged(b, stated); err != nil {
		return false, err
	}
	text, err := b.platform.Office.StatedText(s.ctx, stated)
	if err != nil {
		return false, err
	}
	published, err := disclosure.Parse(text)
	if err != nil {
		return false, fmt.Errorf("read what %s published for %s: %w", member, period, err)
	}
	if text, err = s.scene.Cast.Regulator.Office.DisclosureReport(s.ctx, member, period); err != nil {
		return false, err
	}
	regulators, err := disclosure.Told(text, computed)
	if err != nil {
		return false, fmt.Errorf("read what the regulator computes of %s for %s: %w", member, period, err)
	}
	differs := stated.Judged != acknowledged || len(disclosure.Compare(published, computed)) > 0 || len(disclosure.Compare(regulators, computed)) > 0
	return differs, nil
}

// judged waits until the regulator has said what a statement is worth.
func (s *stage) judged(b *book, r client.Submission) (client.Submission, error) {
	for r.Judged == "" {
		if err := s.rest(); err != nil {
			return r, err
		}
		var err error
		if r, err = b.platform.Office.Again(s.ctx, r); err != nil {
			return r, fmt.Errorf("look after version %d of %s: %w", r.Version, r.Period, err)
		}
	}
	return r, nil
}

// disclosure computes a platform's disclosure from the re-executed blocks alone: from the state of every loan, and by
// the pack that was in force at the close by what the blocks had said by then.
func (f *follower) disclosure(platform, custodian string, closed calendar.Date, period disclosure.Period) (disclosure.Disclosure, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var positions []portfolio.Position
	for _, a := range f.auditor.Agreements() {
		position, err := portfolio.PositionOf(a.State, a.Terms, a.Lenders)
		if err != nil {
			return disclosure.Disclosure{}, err
		}
		if position.Loan != "" {
			positions = append(positions, position)
		}
	}
	pack, inForce := f.auditor.ReportingAt(custodian, closed)
	if !inForce {
		return disclosure.Disclosure{}, fmt.Errorf("no reporting pack was in force when %s closed %s", custodian, closed)
	}
	standing := portfolio.Measure(positions, platform, custodian, closed)
	return disclosure.Compute([]portfolio.Standing{standing}, period, pack)
}
