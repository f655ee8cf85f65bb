package projection_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// A lender brings 500 on the first day and 300 on the third, lends 600 on the fourth, of which 100 come back
// on the sixth: the 200 that were left are of the third day, and what came back lies there since the sixth.
func TestCashIsIdleSinceItsOldestCreditThatIsNotSpent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		lender, first := strings.Repeat("1", 32), calendar.NewDate(2026, 3, 2)
		cash, own, held := journal.Cash("meridian"), journal.Available(lender), journal.Held(lender)
		events := []custody.AccountEvent{
			{Kind: "posted", On: first, Entry: journal.Entry{}.Move(cash, own, 500)},
			{Kind: "posted", On: first.AddDays(2), Entry: journal.Entry{}.Move(cash, own, 300)},
			{Kind: "posted", On: first.AddDays(3), Entry: journal.Entry{}.Move(own, held, 600)},
			{Kind: "returned", On: first.AddDays(4), AmountMinor: 50},
			{Kind: "posted", On: first.AddDays(5), Entry: journal.Entry{}.Move(held, own, 100)},
		}
		err := db.Write(t.Context(), func(tx *sql.Tx) error { return keepEvents(t.Context(), tx, lender, events) })
		if err != nil {
			t.Fatal(err)
		}
		for amount, want := range map[money.Minor]calendar.Date{
			800: first, 400: first.AddDays(2), 300: first.AddDays(2), 101: first.AddDays(2), 100: first.AddDays(5),
		} {
			since, err := projection.NewModel(db).IdleSince(t.Context(), "harbor-meridian", map[string]money.Minor{lender: amount})
			if err != nil || since[lender] != want {
				t.Errorf("%d are idle since %s, not %s: %v", amount, since[lender], want, err)
			}
		}
	})
}

func keepEvents(ctx context.Context, tx *sql.Tx, lender string, events []custody.AccountEvent) error {
	for i, e := range events {
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		const insert = `INSERT INTO rm_event (collection, noun, id, seq, sequence, block, tx_id, at, kind, dated, event)
			VALUES ('harbor-meridian', 'account', $1, $2, $2, 1, '', '', $3, $4, $5)`
		if _, err := tx.ExecContext(ctx, insert, lender, i+1, e.Kind, e.On.String(), string(text)); err != nil {
			return err
		}
	}
	return nil
}
