package alert_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Who gave, accepted or settled a movement that led to an alert neither decides on it nor is given it, also one that was
// only looked back on; whoever else does.
func TestNobodyJudgesTheirOwnMovement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		d.at(bank{hands: map[string][]string{"t2": {"settler", "approver"}, "t3": {"last"}, "t-accepted": {"acceptor"}, "t4": {"stranger"}}})
		stop := d.run()
		d.ledger.history["i2"] = []projection.Step{{Sequence: 1, TxID: "t-given"}, {Sequence: 2, TxID: "t-accepted"}, {Sequence: 3, TxID: "t2"}}
		d.ledger.move("bob", "deposit", "2024-03-01", 5*tenThousand)
		d.ledger.move("bob", "withdraw", "2024-03-04", 5*tenThousand)
		d.ledger.move("ann", "deposit", "2024-03-04", money.Minor(1))
		d.caughtUp()
		stop()
		list, err := d.List(t.Context(), alert.Filter{}, alert.Page{Limit: 10})
		if err != nil || len(list) != 1 || list[0].Rule != "no_lending" {
			t.Fatalf("%+v, %v", list, err)
		}
		id := list[0].ID
		for _, by := range []string{"settler", "approver", "acceptor", "last"} {
			for _, o := range []alert.Outcome{
				{Status: alert.Dismissed, Reason: "own_funds", By: by},
				{Status: alert.Escalated, Reason: "unclear", By: by},
				{Status: alert.Reported, Narrative: "x", By: by},
			} {
				if _, err := d.Decide(t.Context(), id, o); !errors.Is(err, alert.ErrOwnMovement) {
					t.Errorf("%s by %s: %v", o.Status, by, err)
				}
			}
			if _, err := d.Assign(t.Context(), id, by, "olga"); !errors.Is(err, alert.ErrOwnMovement) {
				t.Errorf("given to %s: %v", by, err)
			}
		}
		if found, err := d.Find(t.Context(), id); err != nil || found.Status != alert.Open || found.DismissedBy != "" || len(found.Steps) != 1 {
			t.Errorf("%+v, %v", found, err)
		}
		if _, err := d.Decide(t.Context(), id, alert.Outcome{Status: alert.Escalated, Reason: "unclear", By: "stranger"}); err != nil {
			t.Error(err)
		}
	})
}

// silent cannot say whose work a transaction was, however often it is asked.
type silent struct {
	bank
	asked *atomic.Int64
}

func (s silent) People(context.Context, string) ([]string, error) {
	s.asked.Add(1)
	return nil, errBroken
}

// While nobody can say whose work a movement was, it is not looked at, so that nothing is decided by the wrong officer.
func TestAMovementWaitsForWhoseWorkItWas(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	settings, asked := brisk("first"), new(atomic.Int64)
	settings.Origins = silent{asked: asked}
	d.Alerts = alert.New(d.db, d.vault, d.ledger, d.notices, settings)
	stop := d.run()
	d.ledger.move("ann", "deposit", "2024-03-01", million)
	until(t, "it was tried twice", func() bool { return asked.Load() > 1 })
	stop()
	if at, err := d.Position(t.Context()); err != nil || at != 0 || len(d.raised()) != 0 {
		t.Errorf("at %d, %v", at, err)
	}
	d.at(bank{hands: map[string][]string{"t2": {"settler"}}})
	d.run()
	d.caughtUp()
	list, err := d.List(t.Context(), alert.Filter{}, alert.Page{Limit: 10})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if _, err := d.Decide(t.Context(), list[0].ID, alert.Outcome{Status: alert.Dismissed, Reason: "own_funds", By: "settler"}); !errors.Is(err, alert.ErrOwnMovement) {
		t.Error(err)
	}
}
