package alert_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

const (
	tenThousand money.Minor = 1_000_000 // yuan, in fen
	million                 = 100 * tenThousand
)

// movement of a story: who, kind, date, amount.
type moved struct {
	who, kind, on string
	amount        money.Minor
}

// Each shipped rule finds what it is for, and lets pass what is just inside.
func TestShippedRules(t *testing.T) {
	for name, c := range map[string]struct {
		moves []moved
		want  []string
	}{
		"half a million of a natural person": {
			[]moved{{"ann", "deposit", "2024-03-01", 50 * tenThousand}},
			[]string{"large_transfer ann 2024-03-01 1"},
		},
		"a fen less": {[]moved{{"ann", "deposit", "2024-03-01", 50*tenThousand - 1}}, nil},
		"added up over a day": {
			[]moved{{"ann", "deposit", "2024-03-01", 30 * tenThousand}, {"ann", "deposit", "2024-03-01", 20 * tenThousand}},
			[]string{"large_transfer ann 2024-03-01 1"},
		},
		"not over two days":                  {[]moved{{"ann", "deposit", "2024-03-01", 30 * tenThousand}, {"ann", "deposit", "2024-03-04", 20 * tenThousand}}, nil},
		"one kind of movement":               {[]moved{{"ann", "deposit", "2024-03-01", 30 * tenThousand}, {"ann", "refund", "2024-03-01", 20 * tenThousand}}, nil},
		"lending stays inside the custodian": {[]moved{{"ann", "hold", "2024-03-01", 60 * tenThousand}}, nil},
		"less than two million of a firm":    {[]moved{{"acme", "deposit", "2024-03-01", 2*million - 1}}, nil},
		"two million of a firm":              {[]moved{{"acme", "deposit", "2024-03-01", 2 * million}}, []string{"large_transfer acme 2024-03-01 1"}},
		"nobody knows what the stranger is":  {[]moved{{"stranger", "deposit", "2024-03-01", 9 * million}}, nil},
		"five withdrawals in a week": {
			week("ann", 5), []string{"frequent_withdrawals ann 2024-03-07 1"},
		},
		"four": {week("ann", 4), nil},
		"money in and out": {
			[]moved{{"ann", "deposit", "2024-03-01", 5 * tenThousand}, {"ann", "withdraw", "2024-03-20", 5 * tenThousand}},
			[]string{"no_lending ann 2024-03-20 1"},
		},
		"with lending between": {
			[]moved{{"ann", "deposit", "2024-03-01", 5 * tenThousand}, {"ann", "hold", "2024-03-02", 1}, {"ann", "withdraw", "2024-03-20", 5 * tenThousand}}, nil,
		},
		"after more than thirty days": {
			[]moved{{"ann", "deposit", "2024-03-01", 5 * tenThousand}, {"ann", "withdraw", "2024-03-31", 5 * tenThousand}}, nil,
		},
		"three times just below": {
			[]moved{{"ann", "deposit", "2024-03-01", 49 * tenThousand}, {"ann", "deposit", "2024-03-05", 45 * tenThousand}, {"ann", "deposit", "2024-03-08", 40 * tenThousand}},
			[]string{"structuring ann 2024-03-08 1"},
		},
		"twice just below": {
			[]moved{{"ann", "deposit", "2024-03-01", 49 * tenThousand}, {"ann", "deposit", "2024-03-05", 45 * tenThousand}, {"ann", "deposit", "2024-03-08", 1}}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, storetest.SQLite(t))
			d.ledger.kinds["acme"] = party.Legal
			d.run()
			for _, m := range c.moves {
				d.ledger.move(m.who, m.kind, m.on, m.amount)
			}
			d.caughtUp()
			if got := d.raised(); !slices.Equal(got, c.want) {
				t.Errorf("raised %q, want %q", got, c.want)
			}
		})
	}
}

// week is so many small withdrawals on the first days of March.
func week(who string, times int) []moved {
	list := []moved{{who, "hold", "2024-03-01", 1}}
	for i := range times {
		list = append(list, moved{who, "withdraw", fmt.Sprintf("2024-03-%02d", i+8-times), 100})
	}
	return list
}

// One alert of a rule, customer and day: what comes after joins it, and after its end opens another.
func TestFurtherMovementsJoinTheOpenAlert(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		d.run()
		for range 20 {
			d.ledger.move("ann", "deposit", "2024-03-01", 60*tenThousand)
		}
		d.ledger.move("bob", "deposit", "2024-03-01", 60*tenThousand)
		d.ledger.move("ann", "deposit", "2024-03-04", 60*tenThousand)
		d.caughtUp()
		want := []string{"large_transfer ann 2024-03-01 20", "large_transfer bob 2024-03-01 1", "large_transfer ann 2024-03-04 1"}
		if got := d.raised(); !slices.Equal(got, want) {
			t.Fatalf("raised %q", got)
		}
		if told := d.told("alert.raised"); told != 3 {
			t.Errorf("told of %d alerts", told)
		}
		list, _ := d.List(t.Context(), alert.Filter{}, alert.Page{Limit: 1})
		found, err := d.Find(t.Context(), list[0].ID)
		if err != nil || len(found.Evidence) != 20 || found.AmountMinor != 20*60*tenThousand {
			t.Errorf("%d movements, %v", len(found.Evidence), err)
		}
		if _, err := d.Decide(t.Context(), list[0].ID, alert.Outcome{Status: alert.Dismissed, Reason: "own_funds", By: "olga"}); err != nil {
			t.Fatal(err)
		}
		d.ledger.move("ann", "deposit", "2024-03-01", 1)
		d.caughtUp()
		if got := d.raised(); len(got) != 4 || got[3] != "large_transfer ann 2024-03-01 1" {
			t.Errorf("raised %q", got)
		}
	})
}

// What the rule looked back on led to the alert as well.
func TestEvidenceHoldsWhatWasLookedBackOn(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	d.run()
	d.ledger.move("ann", "deposit", "2024-03-01", 5*tenThousand)
	d.ledger.move("ann", "deposit", "2024-01-01", 5*tenThousand) // long ago
	d.ledger.move("ann", "withdraw", "2024-03-20", 5*tenThousand)
	d.caughtUp()
	list, err := d.List(t.Context(), alert.Filter{Rule: "no_lending"}, alert.Page{Limit: 10})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	found, err := d.Find(t.Context(), list[0].ID)
	var got []string
	for _, m := range found.Evidence {
		got = append(got, fmt.Sprintf("%s %s %v", m.Kind, m.On, m.Met))
	}
	if want := []string{"withdrawal 2024-03-20 true", "deposit 2024-03-01 false"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if found.Pack != "reporting-1" || found.PackDigest != "digest-of-reporting-1" || found.RuleVersion != 1 || found.Severity != regime.SeverityHigh {
		t.Errorf("%+v", found.Alert)
	}
}

// Five working days, over a weekend and a holiday of the pack's calendar.
func TestTheLastDayForAReport(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	d.run()
	for on, want := range map[string]string{"2024-03-01": "2024-03-08", "2024-04-30": "2024-05-08", "2024-03-03": "2024-03-08"} {
		d.ledger.move(on, "deposit", on, million)
		d.caughtUp()
		list, err := d.List(t.Context(), alert.Filter{Party: on}, alert.Page{Limit: 1})
		if err != nil || len(list) != 1 || list[0].DueOn.String() != want {
			t.Errorf("found on %s: %+v, %v; want %s", on, list, err, want)
		}
	}
}

// A pack with another threshold changes what is found from its day on, while the process runs; of one with a rule that
// does not compile that rule is left out, and all others count.
func TestANewPackChangesAlertsFromItsDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		d.run()
		d.ledger.move("ann", "deposit", "2024-06-03", 20*tenThousand)
		d.caughtUp()
		stricter := slices.Clone(scenario.Reporting().Reporting.Alerts)
		stricter[0].Figures = []regime.Figure{{Name: "natural_minor", Value: int64(20 * tenThousand)}, {Name: "others_minor", Value: int64(million)}}
		stricter[0].Version = 2
		d.ledger.adopt("reporting-2", calendar.NewDate(2024, 7, 1), stricter)
		broken := slices.Clone(stricter)
		broken[1].Expression = "amount_minor >= nobody_knows"
		broken[0].Figures = append(slices.Clone(broken[0].Figures), regime.Figure{Name: "due_working_days", Value: 2})
		d.ledger.adopt("reporting-3", calendar.NewDate(2024, 7, 1), broken)
		lenient := slices.Clone(scenario.Reporting().Reporting.Alerts)
		d.ledger.adopt("reporting-4", calendar.NewDate(2024, 7, 1), lenient)
		d.ledger.packs[len(d.ledger.packs)-1].Adopted = false // not in the ledger's list
		d.ledger.move("ann", "deposit", "2024-06-28", 20*tenThousand)
		d.ledger.move("ann", "deposit", "2024-07-01", 20*tenThousand)
		d.caughtUp()
		if got := d.raised(); !slices.Equal(got, []string{"large_transfer ann 2024-07-01 1"}) {
			t.Fatalf("raised %q", got)
		}
		list, _ := d.List(t.Context(), alert.Filter{}, alert.Page{Limit: 1})
		if list[0].Pack != "reporting-3" || list[0].RuleVersion != 2 || list[0].DueOn != calendar.NewDate(2024, 7, 3) {
			t.Errorf("%+v", list[0])
		}
	})
}

// A rule that fails on some movement stops neither the others nor the movements after it.
func TestARuleThatFailsStopsNothing(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	alerts := slices.Clone(scenario.Reporting().Reporting.Alerts)
	alerts[1].Expression = "count('bribe', days) >= times"
	d.ledger.adopt("reporting-2", calendar.NewDate(2024, 2, 1), alerts)
	d.run()
	d.ledger.move("ann", "deposit", "2024-03-01", million)
	d.caughtUp()
	if got := d.raised(); !slices.Equal(got, []string{"large_transfer ann 2024-03-01 1"}) {
		t.Errorf("raised %q", got)
	}
}

func TestARepaymentIsItsBorrowers(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	d.run()
	d.ledger.add(projection.Entry{
		Type: "repayment.received", Kind: "repayment", Collection: "harbor-meridian", Subject: "loan-7",
		Payload: projection.Payload{Loan: "loan-7", On: calendar.NewDate(2024, 3, 1), AmountMinor: 50 * tenThousand},
	})
	d.caughtUp()
	if got := d.raised(); !slices.Equal(got, []string{"large_transfer borrower-of-loan-7 2024-03-01 1"}) {
		t.Errorf("raised %q", got)
	}
}

// Every shipped rule compiles, and a rule says what is wrong with it.
func TestRulesCompile(t *testing.T) {
	for _, a := range scenario.Reporting().Reporting.Alerts {
		if _, err := alert.CompileRule(a); err != nil {
			t.Error(err)
		}
		a.Expression += " && nobody"
		if _, err := alert.CompileRule(a); err == nil || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("%v", err)
		}
	}
}
