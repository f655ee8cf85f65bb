package projection_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestBorrowersAreFoundByTheirLoans(t *testing.T) {
	inTown(t, func(t *testing.T, _ *town, m *projection.Model) {
		asked, want := []string{"a loan that there is not"}, map[string]string{}
		for l, err := range projection.All(t.Context(), func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
			return m.Loans(ctx, projection.LoanFilter{}, page)
		}) {
			if err != nil {
				t.Fatal(err)
			}
			asked, want[l.Terms.ID] = append(asked, l.Terms.ID), l.Terms.Borrower
		}
		got, err := m.Borrowers(t.Context(), asked)
		if err != nil || len(want) == 0 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
		if got, err := m.Borrowers(t.Context(), nil); err != nil || len(got) != 0 {
			t.Errorf("of none: %v, %v", got, err)
		}
	})
}

// still is a read model that nobody moves on.
type still struct{ *projection.Model }

func (still) Moved() <-chan struct{} { return nil }

// Alerts see every movement of the story: as much of each kind as the ledger has settled and received, and whose
// account was paid.
func TestAlertsSeeEveryMovement(t *testing.T) {
	w := found(t)
	w.live()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustCatchUp(t, db, w.chain)
		m := projection.NewModel(db)
		a := alert.New(db, nil, still{m}, notice.New(db), alert.Settings{Poll: 10 * time.Millisecond})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = a.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-ended })
		var last int64
		const movements = `SELECT MAX(seq) FROM rm_feed WHERE type IN ('custody.settled', 'repayment.received')`
		if err := db.QueryRow(movements).Scan(&last); err != nil {
			t.Fatal(err)
		}
		for at := int64(0); at < last; {
			var err error
			if at, err = a.Position(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
		for kind, of := range map[string]string{"deposit": "deposit", "withdrawal": "withdraw", "lent": "hold", "disbursed": "disburse", "payout": "pay_out", "refund": "refund"} {
			got := sumOf(t, db, `SELECT COALESCE(SUM(amount_minor), 0), COUNT(*) FROM alert_movement WHERE kind = '`+kind+`'`)
			want := sumOf(t, db, `SELECT COALESCE(SUM(settled_minor), 0), COUNT(*) FROM rm_instruction WHERE status = 'settled' AND kind = '`+of+`' AND party <> ''`)
			if got != want {
				t.Errorf("%s: %s, want %s", kind, got, want)
			}
		}
		received := sumOf(t, db, `SELECT COUNT(*), COUNT(*) FROM rm_feed WHERE type = 'repayment.received'`)
		borrowers := sumOf(t, db, `SELECT COUNT(*), COUNT(*) FROM alert_movement v WHERE kind = 'repaid'
			AND EXISTS (SELECT 1 FROM rm_loan l WHERE l.loan = v.subject AND l.borrower = v.party)`)
		if received != borrowers || received == "0 0" {
			t.Errorf("%s receipts, %s of them under their loan's borrower", received, borrowers)
		}
		strangers := sumOf(t, db, `SELECT COUNT(*), COUNT(*) FROM alert_movement v WHERE payee <> '' AND NOT EXISTS
			(SELECT 1 FROM rm_event e WHERE e.noun = 'party' AND e.id = v.party AND e.event LIKE '%' || v.payee || '%')`)
		paid := sumOf(t, db, `SELECT COUNT(*), COUNT(*) FROM alert_movement WHERE payee <> ''`)
		if strangers != "0 0" || paid == "0 0" {
			t.Errorf("%s movements were paid to an account, %s to one that the party's history does not have", paid, strangers)
		}
	})
}

// sumOf answers two figures as text.
func sumOf(t *testing.T, db *store.DB, query string) string {
	t.Helper()
	var sum, count int64
	if err := db.QueryRow(query).Scan(&sum, &count); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(sum, count)
}
