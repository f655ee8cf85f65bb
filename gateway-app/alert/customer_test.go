package alert_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// one is somebody who is ann at one platform and anna at another.
var one = bank{same: map[string][]string{"ann": {"anna", "ann"}, "anna": {"ann", "anna"}}}

// Who spreads money over two platforms is one customer of the bank: every rule looks at both. Without the bank's word,
// or of another name, parties are not joined.
func TestOneCustomerAtTwoPlatforms(t *testing.T) {
	type leg struct {
		who, kind, on string
		amount        money.Minor
	}
	for name, c := range map[string]struct {
		legs []leg
		want []string
	}{
		"half a million in halves": {
			[]leg{{"ann", "deposit", "2024-03-01", 25 * tenThousand}, {"anna", "deposit", "2024-03-01", 25 * tenThousand}},
			[]string{"large_transfer anna 2024-03-01 1"},
		},
		"just below, in turns": {
			[]leg{{"ann", "deposit", "2024-03-01", 45 * tenThousand}, {"anna", "deposit", "2024-03-05", 45 * tenThousand}, {"ann", "deposit", "2024-03-08", 45 * tenThousand}},
			[]string{"structuring ann 2024-03-08 1"},
		},
		"in at one, out at the other": {
			[]leg{{"ann", "deposit", "2024-03-01", 5 * tenThousand}, {"anna", "withdraw", "2024-03-04", 5 * tenThousand}},
			[]string{"no_lending anna 2024-03-04 1"},
		},
		"lent at the other": {
			[]leg{{"ann", "deposit", "2024-03-01", 5 * tenThousand}, {"anna", "hold", "2024-03-02", 1}, {"ann", "withdraw", "2024-03-04", 5 * tenThousand}},
			[]string{},
		},
		"withdrawals in turns": {
			[]leg{{"ann", "hold", "2024-03-01", 1}, {"ann", "withdraw", "2024-03-01", 1}, {"anna", "withdraw", "2024-03-02", 1}, {"ann", "withdraw", "2024-03-03", 1}, {"anna", "withdraw", "2024-03-04", 1}, {"ann", "withdraw", "2024-03-05", 1}},
			[]string{"frequent_withdrawals ann 2024-03-05 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for known, want := range map[bool][]string{true: c.want, false: nil} {
				d := newDesk(t, storetest.SQLite(t))
				if known {
					d.at(one)
				}
				d.run()
				for _, l := range c.legs {
					d.ledger.moveAt(map[string]string{"ann": "harbor-meridian", "anna": "lantern-meridian"}[l.who], l.who, l.kind, l.on, l.amount)
				}
				d.caughtUp()
				if !known && name == "lent at the other" {
					want = []string{"no_lending ann 2024-03-04 1"}
				}
				if got := d.raised(); strings.Join(got, ";") != strings.Join(want, ";") {
					t.Errorf("known %v: raised %q, want %q", known, got, want)
				}
			}
		})
	}
}

// Movements of both parties join one alert, whose evidence says which is whose; both parties find it, and both records
// are kept for a report of it. Neither an alert's row nor a notice holds what joined them.
func TestAnAlertOfOneCustomerHasTheEvidenceOfAllParties(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		d.at(one)
		stop := d.run()
		d.ledger.moveAt("harbor-meridian", "ann", "deposit", "2024-03-01", 25*tenThousand)
		d.ledger.moveAt("lantern-meridian", "anna", "deposit", "2024-03-01", 25*tenThousand)
		d.ledger.moveAt("harbor-meridian", "ann", "deposit", "2024-03-01", 1)
		d.ledger.moveAt("lantern-meridian", "ann", "deposit", "2024-03-04", 25*tenThousand) // the bank's word is about the handle
		d.ledger.moveAt("harbor-meridian", "bob", "deposit", "2024-03-01", 49*tenThousand)
		d.ledger.moveAt("lantern-meridian", "bob", "deposit", "2024-03-01", 49*tenThousand) // of whom it has none
		d.caughtUp()
		stop()
		if got := d.raised(); !slices.Equal(got, []string{"large_transfer anna 2024-03-01 2"}) {
			t.Fatalf("raised %q", got)
		}
		for _, party := range []string{"ann", "anna"} {
			list, err := d.List(t.Context(), alert.Filter{Party: party}, alert.Page{Limit: 10})
			if err != nil || len(list) != 1 || list[0].AmountMinor != 25*tenThousand+1 {
				t.Fatalf("of %s: %+v, %v", party, list, err)
			}
			found, err := d.Find(t.Context(), list[0].ID)
			if err != nil || !slices.Equal(found.Parties, []string{"anna", "ann"}) || len(found.Evidence) != 3 {
				t.Fatalf("%+v, %v", found, err)
			}
		}
		list, _ := d.List(t.Context(), alert.Filter{}, alert.Page{Limit: 1})
		d.reportIsKept(list[0].ID, "ann", "anna")
		entries, err := d.notices.Alerts().List(t.Context(), 0, 10, notice.Filter{})
		for _, e := range entries {
			if err != nil || strings.Contains(string(e.Payload), "ann") {
				t.Errorf("%s, %v", e.Payload, err)
			}
		}
	})
}

// reportIsKept reports an alert and wants the record of each party kept for it, and the movements of one that is
// forgotten all the same gone.
func (d *desk) reportIsKept(id string, parties ...string) {
	d.t.Helper()
	ctx := context.Background()
	if _, err := d.Decide(ctx, id, alert.Outcome{Status: alert.Reported, Narrative: narrative, By: "olga"}); err != nil {
		d.t.Fatal(err)
	}
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		for _, party := range parties {
			if last, err := alert.Keeps(ctx, tx, party); err != nil || last != calendar.Shanghai(time.Now().Unix()).AddMonths(120) {
				d.t.Errorf("%s is kept until %s, %v", party, last, err)
			}
		}
		return alert.Forget(ctx, tx, parties[0])
	})
	if err != nil {
		d.t.Fatal(err)
	}
	found, err := d.Find(ctx, id)
	if err != nil || len(found.Evidence) != 1 || slices.Contains(found.Parties, parties[0]) {
		d.t.Errorf("%+v, %v", found, err)
	}
}
