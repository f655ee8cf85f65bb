package alert_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// What is paid to an account within the days after its first use counts together: a first payment of a fen hides nothing.
func TestPaymentsToANewAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		d.run()
		d.ledger.move("ann", "hold", "2024-03-01", 1) // it lends, so that the rule in hand is the only one
		d.ledger.verify("ann", "a1", "2024-03-01")
		d.ledger.move("ann", "withdraw", "2024-03-20", 10*tenThousand) // her only account, known for long
		d.ledger.verify("ann", "a2", "2024-03-21")
		d.ledger.move("ann", "withdraw", "2024-03-22", 1) // too little
		d.ledger.move("ann", "withdraw", "2024-03-28", 5*tenThousand-2)
		d.ledger.move("ann", "pay_out", "2024-04-08", 1) // with the two before it is fifty thousand
		d.ledger.verify("ann", "a1", "2024-04-09")
		d.ledger.move("ann", "withdraw", "2024-04-10", 10*tenThousand) // to the one that is no longer new
		d.caughtUp()
		if got := d.raised(); !slices.Equal(got, []string{"new_payee ann 2024-04-08 1"}) {
			t.Fatalf("raised %q", got)
		}
		list, err := d.List(t.Context(), alert.Filter{Party: "ann"}, alert.Page{Limit: 10})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		found, err := d.Find(t.Context(), list[0].ID)
		var got []string
		for _, m := range found.Evidence {
			got = append(got, fmt.Sprintf("%s %s %s %d %v", m.Payee, m.Kind, m.On, m.AmountMinor, m.Met))
		}
		want := []string{"a2 payout 2024-04-08 1 true", "a2 withdrawal 2024-03-28 4999998 false", "a2 withdrawal 2024-03-22 1 false"}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// When an account is new, and for how long.
func TestWhichAccountsAreNew(t *testing.T) {
	type step struct {
		account, on string // verified
		amount      money.Minor
	}
	for name, c := range map[string]struct {
		steps []step
		want  []string
	}{
		"the first one, at once":             {[]step{{"a1", "2024-03-01", 0}, {"", "2024-03-08", 5 * tenThousand}}, []string{"new_payee ann 2024-03-08 1"}},
		"the first one, after a while":       {[]step{{"a1", "2024-03-01", 0}, {"", "2024-03-09", 5 * tenThousand}}, nil},
		"in the place of another, later":     {[]step{{"a1", "2024-03-01", 0}, {"a2", "2024-03-02", 0}, {"", "2024-03-29", 5 * tenThousand}}, []string{"new_payee ann 2024-03-29 1"}},
		"split over the last of the days":    {[]step{{"a1", "2024-03-01", 0}, {"", "2024-03-01", 1}, {"", "2024-03-30", 5*tenThousand - 1}}, []string{"new_payee ann 2024-03-30 1"}},
		"and a day later it is not new":      {[]step{{"a1", "2024-03-01", 0}, {"", "2024-03-01", 1}, {"", "2024-03-31", 5 * tenThousand}}, nil},
		"over two new accounts":              {[]step{{"a1", "2024-03-01", 0}, {"", "2024-03-02", 3 * tenThousand}, {"a2", "2024-03-03", 0}, {"", "2024-03-04", 2 * tenThousand}}, []string{"new_payee ann 2024-03-04 1"}},
		"verified again it is no newer":      {[]step{{"a1", "2024-03-01", 0}, {"", "2024-03-20", 1}, {"a1", "2024-03-21", 0}, {"", "2024-03-22", 9 * tenThousand}}, nil},
		"an account that nobody vouched for": {[]step{{"", "2024-03-04", 9 * tenThousand}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, storetest.SQLite(t))
			d.run()
			d.ledger.move("ann", "hold", "2024-03-01", 1)
			for _, s := range c.steps {
				if s.account != "" {
					d.ledger.verify("ann", s.account, s.on)
				} else {
					d.ledger.move("ann", "withdraw", s.on, s.amount)
				}
			}
			d.caughtUp()
			if got := d.raised(); !slices.Equal(got, slices.Clip(append([]string{}, c.want...))) {
				t.Errorf("raised %q, want %q", got, c.want)
			}
		})
	}
}
