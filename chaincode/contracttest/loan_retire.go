package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// retiring is the regulator's order that a pack takes no new business after a day.
func retiring(regime string, until calendar.Date) Call {
	return Call{
		Member: Authority, Role: party.Supervisor, Function: "Consortium:RetireRegime",
		Request: Public(wire.RetiredRegime{ID: regime, Until: until}),
	}
}

// retiredRegime lets one loan run and one wait when their regime is retired.
func retiredRegime(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	running := s.Active(tenThousand, s.Lenders(2, tenThousand)...)
	waiting := s.Cleared(tenThousand).Share(s.Lenders(2, tenThousand)...)
	last := s.Today()

	byBank := retiring(s.Regime, last)
	byBank.Member = Meridian
	s.Refused(byBank, refusal(fault.WrongMember, ""))
	s.Refuses(retiring("unheard-of", last), fault.RegimeUnknown, "id")
	s.Refuses(retiring("a/b", last), fault.InvalidField, "id")
	s.Invalid(retiring(s.Regime, last), Meridian, Harbor)
	s.Do(retiring(s.Regime, last))
	s.Refuses(retiring(s.Regime, last.AddDays(1)), fault.InvalidField, "until")
	s.Proposed(tenThousand) // it is the last day

	s.AdvanceTo(last.AddDays(1))
	s.Refuses(s.Proposing(s.NewLoan(s.Borrower(), tenThousand)), fault.RegimeRetired, "regime")
	s.Refuses(s.Funding(waiting), fault.RegimeRetired, "regime")
	s.Pays(running, s.Owes(running))
	s.Is(running, loan.Repaid)
}
