package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// stage is what the chapters share: who acts, what day it is, and what the ledger says.
type stage struct {
	ctx        context.Context
	cast       *cast
	follower   *follower
	run        string // this run's handle, which makes its bank references unlike those of runs before
	today      calendar.Date
	references atomic.Int64
}

// sandboxRegime is the pack of the test network. Its cap refuses the dearest of the loans.
func sandboxRegime() wire.ProposedRegime {
	return wire.ProposedRegime{
		ID: "sandbox-2016", Title: "Sandbox for the test network", AppliesTo: "new",
		Source:        "as configured for the test network; the 24 % line follows the courts' practice before 2020",
		EffectiveFrom: calendar.NewDate(2016, 1, 1),
		Rules: regime.Rules{
			Currency: "CNY", RateCapPPM: 240_000, PenaltyCapPPM: 120_000,
			Natural:     regime.Caps{PlatformMinor: 20_000_000, NetworkMinor: 100_000_000},
			Legal:       regime.Caps{PlatformMinor: 100_000_000, NetworkMinor: 500_000_000},
			MinKYCLevel: 2, MinPrincipal: 10_000, MaxPrincipal: 20_000_000, MaxInstalments: 60,
			Methods:       []string{"equal_instalment", "equal_principal"},
			Allocation:    []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty},
			ClearanceDays: 10, FundingDays: 10, BackdatingDays: 10, WriteOffDays: 90,
		},
	}
}

// govern bootstraps the consortium and adopts the regime, as far as an earlier run has not.
func (s *stage) govern() error {
	s.run = handle()
	progress := s.chapter("Consortium and regime", 4+len(s.cast.platforms))
	defer progress.finish()
	members := make([]wire.Member, len(s.cast.members))
	for i, m := range s.cast.members {
		p := m.profile
		members[i] = wire.Member{ID: p.Member, Name: p.Member, Kind: p.Kind, MSPID: p.MSPID}
	}
	regulator, custodian := s.cast.regulator.supervisor, s.cast.custodian.supervisor
	_, err := sendAll(s.ctx, regulator, batch[wire.Member]{"Consortium:Bootstrap", "", members, len(members), 1})
	if err := unless(err, fault.AlreadyBootstrapped); err != nil {
		return err
	}
	progress.step()
	proposal := sandboxRegime()
	_, err = sendAll(s.ctx, regulator, batch[wire.ProposedRegime]{"Consortium:ProposeRegime", "", []wire.ProposedRegime{proposal}, 1, 1})
	if err := unless(err, fault.AlreadyExists); err != nil {
		return err
	}
	progress.step()
	pack := proposal.Pack()
	pack.Proposer = s.cast.regulator.profile.Member
	digest, err := wire.PackDigest(pack)
	if err != nil {
		return err
	}
	approval := []wire.ApprovedRegime{{ID: proposal.ID, Digest: digest}}
	_, err = sendAll(s.ctx, custodian, batch[wire.ApprovedRegime]{"Consortium:ApproveRegime", "", approval, 1, 1})
	if err := unless(err, fault.AlreadyApproved); err != nil {
		return err
	}
	progress.step()
	_, err = sendAll(s.ctx, regulator, batch[wire.ApprovedRegime]{"Consortium:ApproveRegime", "", approval, 1, 1})
	if err := unless(err, fault.AlreadyApproved); err != nil {
		return err
	}
	progress.step()
	for _, platform := range s.cast.platforms {
		opening := batch[wire.OpenBooks]{"Custody:OpenBooks", s.cast.pair(platform), []wire.OpenBooks{{Secret: salt()}}, 1, 1}
		_, err := sendAll(s.ctx, custodian, opening)
		if err := unless(err, fault.AlreadyExists); err != nil {
			return err
		}
		progress.step()
	}
	return nil
}

// unless passes an error on, except one refusal that an earlier run explains.
func unless(err error, code fault.Code) error {
	if errors.Is(err, fault.New(code)) {
		return nil
	}
	return err
}

// openFirstDay opens the custodian's first business day of the story: the first Monday of 2016, or the
// next business day after the last one of an earlier run. A day that such a run left open is used.
func (s *stage) openFirstDay() error {
	day := s.follower.day(s.cast.custodian.profile.Member)
	if day.Open {
		s.today = day.Date
		return nil
	}
	first := calendar.NewDate(2016, 1, 4)
	if !day.Date.IsZero() {
		first = day.Date.AddDays(1)
	}
	return s.openDay(first)
}

// openDay opens the named day, or the next one on which banks work.
func (s *stage) openDay(date calendar.Date) error {
	pack := sandboxRegime()
	date = pack.Rules.Calendar().RollFollowing(date)
	opening := []wire.BusinessDay{{Date: date, Regime: pack.ID}}
	if _, err := sendAll(s.ctx, s.cast.custodian.machine, batch[wire.BusinessDay]{"Custody:OpenDay", "", opening, 1, 1}); err != nil {
		return fmt.Errorf("open %s: %w", date, err)
	}
	s.today = date
	return nil
}

func (s *stage) closeDay() error {
	closing := []wire.BusinessDay{{Date: s.today}}
	_, err := sendAll(s.ctx, s.cast.custodian.machine, batch[wire.BusinessDay]{"Custody:CloseDay", "", closing, 1, 1})
	return err
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
