package regime_test

import (
	"errors"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
)

var (
	harbor    = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Supervisor}
	meridian  = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Admin}
	authority = party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Supervisor}
	effective = calendar.NewDate(2016, 1, 4)
)

func pack() regime.Pack {
	return regime.Pack{
		ID: "sandbox", Title: "Sandbox", Source: "made up for the tests", EffectiveFrom: effective, AppliesTo: "new",
		Rules: regime.Rules{
			Currency: "CNY", RateCapPPM: 240_000, PenaltyCapPPM: 100_000,
			Natural: regime.Caps{PlatformMinor: 20_000_000, NetworkMinor: 100_000_000},
			Legal:   regime.Caps{PlatformMinor: 100_000_000, NetworkMinor: 500_000_000}, MinKYCLevel: 2,
			MinPrincipal: 1, MaxPrincipal: 20_000_000, MaxInstalments: 60, Methods: []string{"equal_instalment"},
			Allocation:    []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty},
			ClearanceDays: 10, FundingDays: 10, BackdatingDays: 5, WriteOffDays: 90,
		},
	}
}

func expect(t *testing.T, what string, err error, code fault.Code, field string) {
	t.Helper()
	switch {
	case code == "" && err != nil:
		t.Errorf("%s: %v", what, err)
	case code != "" && (!errors.Is(err, fault.New(code)) || fault.Of(err).Field != field):
		t.Errorf("%s: got %v, want %s in %q", what, err, code, field)
	}
}

func TestEveryFigureIsChecked(t *testing.T) {
	for field, spoil := range map[string]func(*regime.Pack){
		"id":                        func(p *regime.Pack) { p.ID = "" },
		"title":                     func(p *regime.Pack) { p.Title = "" },
		"source":                    func(p *regime.Pack) { p.Source = "" },
		"effective_from":            func(p *regime.Pack) { p.EffectiveFrom = 0 },
		"applies_to":                func(p *regime.Pack) { p.AppliesTo = "all" },
		"rules.currency":            func(p *regime.Pack) { p.Rules.Currency = "yuan" },
		"rules.rate_cap_ppm":        func(p *regime.Pack) { p.Rules.RateCapPPM = 1_000_001 },
		"rules.penalty_cap_ppm":     func(p *regime.Pack) { p.Rules.PenaltyCapPPM = -1 },
		"rules.natural":             func(p *regime.Pack) { p.Rules.Natural.NetworkMinor = 19_999_999 },
		"rules.legal":               func(p *regime.Pack) { p.Rules.Legal.PlatformMinor = 0 },
		"rules.min_kyc_level":       func(p *regime.Pack) { p.Rules.MinKYCLevel = 0 },
		"rules.min_principal_minor": func(p *regime.Pack) { p.Rules.MinPrincipal = 0 },
		"rules.max_principal_minor": func(p *regime.Pack) { p.Rules.MaxPrincipal = 0 },
		"rules.max_instalments":     func(p *regime.Pack) { p.Rules.MaxInstalments = 601 },
		"rules.methods":             func(p *regime.Pack) { p.Rules.Methods = nil },
		"rules.allocation":          func(p *regime.Pack) { p.Rules.Allocation[3] = regime.Fee },
		"rules.clearance_days":      func(p *regime.Pack) { p.Rules.ClearanceDays = 0 },
		"rules.funding_days":        func(p *regime.Pack) { p.Rules.FundingDays = 0 },
		"rules.backdating_days":     func(p *regime.Pack) { p.Rules.BackdatingDays = -1 },
		"rules.write_off_days":      func(p *regime.Pack) { p.Rules.WriteOffDays = 0 },
	} {
		p := pack()
		spoil(&p)
		_, err := regime.Decide(regime.Pack{}, regime.Propose{Pack: p, Actor: authority})
		expect(t, field, err, fault.InvalidField, field)
	}
}

// A pack counts once the regulator and a custodian have approved it, from its day on. Proposing counts as no
// approval, and a platform's consent replaces neither.
func TestAdoption(t *testing.T) {
	p := step(t, regime.Pack{}, regime.Propose{Pack: pack(), Actor: authority})
	_, err := regime.Decide(p, regime.Propose{Pack: pack(), Actor: authority})
	expect(t, "proposed twice", err, fault.AlreadyExists, "id")
	for _, actor := range []party.Actor{harbor, authority} {
		p = step(t, p, regime.Approve{Actor: actor, On: effective})
		expect(t, "before the custodian's consent", p.InForce(effective), fault.RegimeUnknown, "regime")
	}
	_, err = regime.Decide(p, regime.Approve{Actor: harbor, On: effective})
	expect(t, "approved twice", err, fault.AlreadyApproved, "")
	before := p
	p = step(t, p, regime.Approve{Actor: meridian, On: effective})
	if before.Adopted() || !p.Adopted() || len(before.Approvals) != 2 {
		t.Error("an approval changed the pack that it was applied to")
	}
	expect(t, "a day early", p.InForce(effective-1), fault.RegimeNotEffective, "regime")
	expect(t, "on its day", p.InForce(effective), "", "")
}

// A retired pack takes no new business after its last day. The day is the regulator's, and only comes nearer.
func TestRetirement(t *testing.T) {
	last := effective.AddDays(30)
	retire := func(p regime.Pack, actor party.Actor, until calendar.Date) error {
		_, err := regime.Decide(p, regime.Retire{Until: until, On: effective, Actor: actor})
		return err
	}
	expect(t, "an unknown pack", retire(regime.Pack{}, authority, last), fault.RegimeUnknown, "id")
	p := step(t, regime.Pack{}, regime.Propose{Pack: pack(), Actor: authority})
	expect(t, "not adopted", retire(p, authority, last), fault.RegimeUnknown, "id")
	for _, actor := range []party.Actor{authority, meridian} {
		p = step(t, p, regime.Approve{Actor: actor, On: effective})
	}
	operator := party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Operator}
	expect(t, "by a custodian", retire(p, meridian, last), fault.WrongMember, "")
	expect(t, "by an operator", retire(p, operator, last), fault.WrongRole, "")
	expect(t, "without a day", retire(p, authority, 0), fault.MissingField, "until")
	expect(t, "never retired", p.ForNewBusiness(last+1), "", "")
	p = step(t, p, regime.Retire{Until: last, On: effective, Actor: authority})
	expect(t, "on its last day", p.ForNewBusiness(last), "", "")
	expect(t, "a day later", p.ForNewBusiness(last+1), fault.RegimeRetired, "regime")
	expect(t, "too early all the same", p.ForNewBusiness(effective-1), fault.RegimeNotEffective, "regime")
	expect(t, "for what runs", p.InForce(last+1), "", "")
	expect(t, "put off", retire(p, authority, last+1), fault.InvalidField, "until")
	p = step(t, p, regime.Retire{Until: last - 1, On: effective, Actor: authority})
	expect(t, "brought forward", p.ForNewBusiness(last), fault.RegimeRetired, "regime")
}

func TestWhoMayGovern(t *testing.T) {
	operator := party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Operator}
	_, err := regime.Decide(regime.Pack{}, regime.Propose{Pack: pack(), Actor: operator})
	expect(t, "an operator proposes", err, fault.WrongRole, "")
	_, err = regime.Decide(pack(), regime.Approve{Actor: operator})
	expect(t, "an operator approves", err, fault.WrongRole, "")
	_, err = regime.Decide(regime.Pack{}, regime.Approve{Actor: authority})
	expect(t, "nothing was proposed", err, fault.RegimeUnknown, "id")
}

func TestCapsFollowTheKindOfBorrower(t *testing.T) {
	rules := pack().Rules
	if rules.For(party.Natural) != rules.Natural || rules.For(party.Legal) != rules.Legal || rules.For(party.Institution) != rules.Legal {
		t.Error("the wrong caps bind")
	}
}

func step(t *testing.T, p regime.Pack, c regime.Command) regime.Pack {
	t.Helper()
	events, err := regime.Decide(p, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		p = regime.Apply(p, e)
	}
	return p
}
