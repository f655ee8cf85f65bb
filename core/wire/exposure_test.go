package wire_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

func step(kind, loan, platform string, amount money.Minor) wire.ExposureEvent {
	return wire.ExposureEvent{Kind: kind, On: calendar.NewDate(2026, 1, 5), Reservation: wire.Reservation{
		Loan: loan, Platform: platform, Custodian: "meridian", AmountMinor: amount,
	}}
}

// A borrower's exposure is what its loans reserve: one reservation a loan, the latest.
func TestExposureFollowsItsEvents(t *testing.T) {
	var s wire.ExposureState
	for _, e := range []wire.ExposureEvent{
		step(wire.ExposureReserved, "a", "harbor", 300),
		step(wire.ExposureReserved, "b", "lantern", 50),
		step(wire.ExposureReserved, "c", "harbor", 7),
		step(wire.ExposureReserved, "a", "harbor", 200),
		step(wire.ExposureDropped, "c", "harbor", 7),
		step(wire.ExposureDropped, "c", "harbor", 7),
		step("something else", "d", "harbor", 1),
	} {
		before, kept := s, append([]wire.Reservation(nil), s.Reservations...)
		s = s.Apply(e)
		if !reflect.DeepEqual(append([]wire.Reservation(nil), before.Reservations...), kept) {
			t.Fatalf("%s of %s changed the state that it was applied to", e.Kind, e.Reservation.Loan)
		}
	}
	onHarbor, inAll, ok := s.Totals("harbor")
	if onHarbor != 200 || inAll != 250 || !ok || s.Find("c") != -1 || s.Find("b") != 1 {
		t.Errorf("%d on harbor, %d in all (%t): %+v", onHarbor, inAll, ok, s)
	}
}

func TestExposureThatDoesNotFitIsNoTotal(t *testing.T) {
	s := wire.ExposureState{}.Apply(step(wire.ExposureReserved, "a", "harbor", math.MaxInt64))
	s = s.Apply(step(wire.ExposureReserved, "b", "harbor", 1))
	if _, _, ok := s.Totals("harbor"); ok {
		t.Error("a sum beyond 64 bits was given as a total")
	}
}

// What was succeeded reserves nothing any more, and says who followed.
func TestExposureIsSucceeded(t *testing.T) {
	s := wire.ExposureState{Pseudonym: "old"}.Apply(step(wire.ExposureReserved, "a", "harbor", 300))
	s = s.Apply(wire.ExposureEvent{Kind: wire.ExposureSucceeded, On: calendar.NewDate(2026, 1, 5), Successor: "new"})
	if _, inAll, ok := s.Totals("harbor"); inAll != 0 || !ok || s.Successor != "new" || s.Pseudonym != "old" {
		t.Errorf("%+v", s)
	}
}
