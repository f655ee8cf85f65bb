package projection_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// The loans at any close come to what was measured at that close, however long ago it was and whatever has moved since.
func TestLoansAtEveryClose(t *testing.T) {
	y := tell(t)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustCatchUp(t, db, y.chain)
		m := projection.NewModel(db)
		closings, err := m.Closings(t.Context(), projection.ClosingFilter{}, projection.Page{Limit: 100})
		if err != nil || len(closings.Items) != len(y.closed) {
			t.Fatalf("%d closings, %v", len(closings.Items), err)
		}
		for _, c := range closings.Items {
			var loans, owing, overdue int64
			var lent, balance money.Minor
			seen := map[string]bool{}
			for l, err := range m.LoansAt(t.Context(), c.Platform, c.Custodian, c.Block) {
				if err != nil || seen[l.Loan] {
					t.Fatalf("loan %s at the close of %s: %v", l.Loan, c.On, err)
				}
				seen[l.Loan] = true
				loans, lent, balance = loans+1, lent+l.PrincipalMinor, balance+l.OutstandingMinor
				if l.OutstandingMinor > 0 {
					owing++
				}
				if !l.DueOn.IsZero() && calendar.Days(l.DueOn, c.On) > 0 {
					overdue++
				}
			}
			if loans != c.Lent.Loans || lent != c.Lent.AmountMinor || owing != c.Balance.Loans || balance != c.Balance.AmountMinor || overdue != c.OverdueBy(0).Loans {
				t.Errorf("at the close of %s: %d loans of %d, %d owe %d, %d overdue; measured was %+v", c.On, loans, lent, owing, balance, overdue, c.Standing)
			}
		}
	})
}

// Who wants no more gets no more, among those that have moved too.
func TestLoansAtCanBeLeft(t *testing.T) {
	y := tell(t)
	db := storetest.SQLite(t)
	mustCatchUp(t, db, y.chain)
	m := projection.NewModel(db)
	closings, err := m.Closings(t.Context(), projection.ClosingFilter{}, projection.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	middle := closings.Items[len(closings.Items)/2]
	all := 0
	for range m.LoansAt(t.Context(), middle.Platform, middle.Custodian, middle.Block) {
		all++
	}
	for most := 1; most <= all; most++ {
		got := 0
		for _, err := range m.LoansAt(t.Context(), middle.Platform, middle.Custodian, middle.Block) {
			if err != nil {
				t.Fatal(err)
			}
			if got++; got == most {
				break
			}
		}
		if got != most {
			t.Errorf("%d of %d were read, want %d", got, all, most)
		}
	}
}
