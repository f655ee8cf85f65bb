package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// stage is what the chapters share: who acts on what day, and what the ledger says.
type stage struct {
	ctx      context.Context
	scene    *scenario.Scene
	follower *follower
	months   int // how many are played
}

// govern bootstraps the consortium and adopts the regime, as far as an earlier run has not.
func (s *stage) govern() error {
	progress := s.chapter("Consortium and regime", s.scene.GovernSteps())
	defer progress.finish()
	return s.scene.Govern(s.ctx, progress.step)
}

// openFirstDay opens the custodian's first business day of the story: the first Monday of 2016, or the
// next business day after the last one of an earlier run. A day that such a run left open is used.
func (s *stage) openFirstDay() error {
	custodian := s.scene.Cast.Custodian
	held, err := custodian.Office.Day(s.ctx, custodian.Profile.Member)
	if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
		return err
	}
	day := held.State
	if day.Open {
		s.scene.Today = day.Date
		return nil
	}
	first := calendar.NewDate(2016, 1, 4)
	if !day.Date.IsZero() {
		first = day.Date.AddDays(1)
	}
	return s.scene.OpenDay(s.ctx, first)
}

// progress is the bar of one chapter.
type progress struct {
	bar   *progressbar.ProgressBar
	title string
	began time.Time
}

func (s *stage) chapter(title string, steps int) *progress {
	bar := progressbar.NewOptions(steps,
		progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(fmt.Sprintf("%-32s", title)),
		progressbar.OptionSetWidth(28), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish())
	return &progress{bar: bar, title: title, began: time.Now()}
}

func (p *progress) step() { _ = p.bar.Add(1) } // a bar that cannot be drawn is no reason to stop

func (p *progress) finish() {
	_ = p.bar.Finish()
	fmt.Fprintf(os.Stderr, "%-34s %6.1f s\n", p.title, time.Since(p.began).Seconds())
}
