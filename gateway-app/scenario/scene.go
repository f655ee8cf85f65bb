package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// Scene is who acts, under which regime, and what day it is.
type Scene struct {
	Cast    *Cast
	Regime  wire.ProposedRegime
	Reports wire.ProposedRegime // formulas, checks and thresholds
	Today   calendar.Date       // the custodian's business day, once one is open

	run        string // this run's handle, which makes its bank references unlike those of runs before
	references atomic.Int64
}

// NewScene begins a run.
func NewScene(cast *Cast, pack wire.ProposedRegime) *Scene {
	return &Scene{Cast: cast, Regime: pack, Reports: Reporting(), run: Handle()}
}

// Sandbox is the pack of the test network. Its cap refuses the dearest of the demo's loans.
func Sandbox() wire.ProposedRegime {
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
			FourEyes: []string{
				"Consortium:Register", "Consortium:ProposeRegime", "Consortium:RetireRegime",
				"Consortium:FreezePlatform", "Consortium:ReleasePlatform",
				"Party:Revoke", "Party:Freeze", "Party:Release", "Loan:WriteOff", "Loan:Freeze", "Loan:Release",
			},
		},
	}
}

// GovernSteps is how often Govern reports a step.
func (s *Scene) GovernSteps() int { return 4 + len(s.Cast.Platforms) }

// Govern bootstraps the consortium, adopts the regime with its reporting pack and opens the custodian's books, as far as an
// earlier run has not.
func (s *Scene) Govern(ctx context.Context, step func()) error {
	regulator := s.Cast.Regulator.Supervisor
	founders := Batch[wire.Member]{
		Function: "Consortium:Bootstrap", Items: s.founders(), Size: len(s.Cast.Regulator.Profile.Members), Lanes: 1, Mode: wire.Atomic,
	}
	if err := publish(ctx, s.Cast, regulator, founders); unless(err, fault.AlreadyBootstrapped) != nil {
		return err
	}
	step()
	if err := s.adopt(ctx, step); err != nil {
		return err
	}
	return s.openBooks(ctx, step)
}

// adopt proposes both packs at once and has both approved by the custodian and the regulator.
func (s *Scene) adopt(ctx context.Context, step func()) error {
	packs := []wire.ProposedRegime{s.Regime, s.Reports}
	proposal := Batch[wire.ProposedRegime]{Function: "Consortium:ProposeRegime", Items: packs, Size: len(packs), Lanes: 1}
	if err := publishOnce(ctx, s.Cast, s.Cast.Regulator.Supervisor, proposal, fault.AlreadyExists); err != nil {
		return err
	}
	step()
	approval := Batch[wire.ApprovedRegime]{Function: "Consortium:ApproveRegime", Size: len(packs), Lanes: 1}
	for _, proposed := range packs {
		pack := proposed.Pack()
		pack.Proposer = s.Cast.Regulator.Profile.Member
		digest, err := wire.PackDigest(pack)
		if err != nil {
			return err
		}
		approval.Items = append(approval.Items, wire.ApprovedRegime{ID: pack.ID, Digest: digest})
	}
	for _, member := range []Actor{s.Cast.Custodian, s.Cast.Regulator} {
		if err := publishOnce(ctx, s.Cast, member.Supervisor, approval, fault.AlreadyApproved); err != nil {
			return err
		}
		step()
	}
	return nil
}

func (s *Scene) founders() []wire.Member {
	known := s.Cast.Regulator.Profile.Members
	members := make([]wire.Member, len(known))
	for i, m := range known {
		members[i] = wire.Member{ID: m.ID, Name: m.ID, Kind: m.Kind, MSPID: m.MSPID, Roots: m.Roots}
	}
	return members
}

func (s *Scene) openBooks(ctx context.Context, step func()) error {
	for _, platform := range s.Cast.Platforms {
		opening := Batch[wire.OpenBooks]{
			Function: "Custody:OpenBooks", Collection: s.Cast.Pair(platform),
			Items: []wire.OpenBooks{{Secret: Salt()}}, Size: 1, Lanes: 1,
		}
		err := publish(ctx, s.Cast, s.Cast.Custodian.Supervisor, opening)
		if err := unless(err, fault.AlreadyExists); err != nil {
			return err
		}
		step()
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

// OpenDay opens the named business day, or the next one on which banks work, by way of as many days between
// as the longest step wants.
func (s *Scene) OpenDay(ctx context.Context, date calendar.Date) error {
	holidays := s.Regime.Rules.Calendar()
	date = holidays.RollFollowing(date)
	for !s.Today.IsZero() && date > s.Today.AddDays(custody.LongestStepDays) {
		if err := s.openDay(ctx, holidays.RollPreceding(s.Today.AddDays(custody.LongestStepDays))); err != nil {
			return err
		}
		if err := s.CloseDay(ctx); err != nil {
			return err
		}
	}
	return s.openDay(ctx, date)
}

func (s *Scene) openDay(ctx context.Context, date calendar.Date) error {
	opening := []wire.BusinessDay{{Date: date, Regime: s.Regime.ID}}
	if err := publish(ctx, s.Cast, s.Cast.Custodian.Machine, Batch[wire.BusinessDay]{
		Function: "Custody:OpenDay", Items: opening, Size: 1, Lanes: 1,
	}); err != nil {
		return fmt.Errorf("open %s: %w", date, err)
	}
	s.Today = date
	return nil
}

// CloseDay closes the business day that is open.
func (s *Scene) CloseDay(ctx context.Context) error {
	closing := []wire.BusinessDay{{Date: s.Today}}
	return publish(ctx, s.Cast, s.Cast.Custodian.Machine, Batch[wire.BusinessDay]{
		Function: "Custody:CloseDay", Items: closing, Size: 1, Lanes: 1,
	})
}

// BankReference makes a reference as a bank would: unique in its accounts.
func (s *Scene) BankReference(kind string) string {
	y, m, day := s.Today.Civil()
	return fmt.Sprintf("%s-%s-%04d%02d%02d-%07d", s.run[:8], kind, y, m, day, s.references.Add(1))
}
