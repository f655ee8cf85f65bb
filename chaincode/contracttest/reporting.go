package contracttest

import (
	"reflect"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// Reporting is a pack for reports, under an id of its own.
func Reporting() wire.ProposedRegime {
	return wire.ProposedRegime{
		ID: "reporting-" + NewHandle(), Title: "Reporting", Source: "rules for tests",
		EffectiveFrom: calendar.NewDate(2016, 1, 1), AppliesTo: regime.Reports,
		Reporting: &regime.Reporting{Formulas: []regime.Formula{{
			Rule: regime.Rule{
				ID: "overdue_90_loans", Version: 1, Words: regime.Words{EN: "loans overdue for more than 90 days", ZH: "逾期90天以上笔数"},
				Figures: []regime.Figure{{Name: "days", Value: 90}}, Expression: "overdue_count(days)", Source: "rules for tests",
			},
			Unit: regime.UnitCount,
		}}},
	}
}

// reportsPack goes the way of every pack, and rules no loan and no business day.
func reportsPack(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	for field, spoil := range map[string]func(*wire.ProposedRegime){
		"rules":              func(p *wire.ProposedRegime) { p.Rules = Sandbox().Rules },
		"reporting.formulas": func(p *wire.ProposedRegime) { p.Reporting.Formulas[0].Unit = "percent" },
		"applies_to":         func(p *wire.ProposedRegime) { p.AppliesTo = "everything" },
	} {
		spoilt := Reporting()
		spoil(&spoilt)
		s.Refuses(s.asSupervisor("Consortium:ProposeRegime", Public(spoilt)), fault.InvalidField, field)
	}
	p := Reporting()
	s.adoptTogether(p, Sandbox())

	under := s.NewLoan(s.Borrower(), tenThousand)
	under.Terms.Regime = p.ID
	s.Refuses(s.Proposing(under), fault.RegimeUnknown, "regime")
	s.Do(s.asBank("Custody:CloseDay", Public(wire.BusinessDay{Date: s.Today()})))
	next := calendar.Holidays{}.RollFollowing(s.Today().AddDays(1))
	s.Refuses(s.asBank("Custody:OpenDay", Public(wire.BusinessDay{Date: next, Regime: p.ID})), fault.RegimeUnknown, "regime")
	s.AdvanceTo(next)

	s.Do(retiring(p.ID, next))
	s.Refuses(retiring(p.ID, next.AddDays(1)), fault.InvalidField, "until")
	pack := s.pack(p.ID).State
	if _, inForce := regime.ReportingOn([]regime.Pack{pack}, next); !inForce {
		t.Errorf("on its last day the pack is not in force: %+v", pack)
	}
	if _, inForce := regime.ReportingOn([]regime.Pack{pack}, next.AddDays(1)); inForce {
		t.Errorf("the day after its last the pack is in force: %+v", pack)
	}
}

// adoptTogether proposes packs in one transaction, and has each member approve them in another.
func (s *Scene) adoptTogether(packs ...wire.ProposedRegime) {
	s.T.Helper()
	s.Do(s.asSupervisor("Consortium:ProposeRegime", Public(packs...)))
	for _, member := range []string{Meridian, Authority} {
		approvals := make([]wire.ApprovedRegime, len(packs))
		for i, p := range packs {
			approvals[i] = wire.ApprovedRegime{ID: p.ID, Digest: s.digestOf(p.ID)}
		}
		s.Do(Call{Member: member, Role: party.Supervisor, Function: "Consortium:ApproveRegime", Request: Public(approvals...)})
	}
	for _, p := range packs {
		got := s.pack(p.ID).State
		if !got.Adopted() || !reflect.DeepEqual(got.Reporting, p.Reporting) {
			s.T.Fatalf("the pack is %+v, want %+v adopted", got, p)
		}
	}
}
