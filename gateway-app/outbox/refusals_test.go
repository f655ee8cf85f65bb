package outbox_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Every refused item counts once: of a command that was refused for its items under their codes, of one that was refused
// whole under its own, and of one that was applied but for an item, that item.
func TestRefusedItemsAreCountedByCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for n, c := range []struct {
			function, at, status, answer, refusal string
			block                                 int
		}{
			{"Loan:Propose", "2024-01-31T23:59:59.999999Z", "committed", `{"version":1,"applied":3}`, "", 6},
			{"Loan:Propose", "2024-01-31T23:59:59.999999Z", "committed", `{"version":1,"applied":2,"refused":[{"code":"rate_above_cap","item":2}]}`, "", 7},
			{"Loan:Propose", "2024-02-01T00:00:00.000000Z", "refused", `{"version":1,"applied":0,"refused":[{"code":"rate_above_cap","item":1},{"code":"party_frozen","item":2},{"code":"rate_above_cap","item":3}]}`, `{"code":"rate_above_cap","item":1}`, 8},
			{"Loan:Clear", "2024-03-05T00:00:00.000000Z", "refused", "", `{"code":"platform_frozen"}`, 0},
			{"Loan:Clear", "", "stored", "", "", 0},
		} {
			err := db.Write(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.ExecContext(t.Context(), `INSERT INTO outbox_command (id, seq, function, collection, mode, identity, approvals, signed, lanes, merge,
					items, size_bytes, salt, body, digest, status, request_id, tx_id, block, answer, fault, stored_at, decided_at)
					VALUES ($1, $2, $3, 'harbor-meridian', '', '', '', '', '[]', FALSE, 3, 0, '', NULL, '', $4, '', '', $8, $5, $6, $7, $7)`,
					fmt.Sprint(n), n, c.function, c.status, c.answer, c.refusal, c.at, c.block)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		list, err := outbox.New(db, nil).Refusals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range list {
			got = append(got, fmt.Sprint(r.At.Format(time.RFC3339), " ", r.Function, " ", r.Collection, " ", r.Block, " ", r.Code, " ", r.Items))
		}
		slices.Sort(got)
		want := []string{
			"2024-01-31T23:59:59Z Loan:Propose harbor-meridian 7 rate_above_cap 1",
			"2024-02-01T00:00:00Z Loan:Propose harbor-meridian 8 party_frozen 1",
			"2024-02-01T00:00:00Z Loan:Propose harbor-meridian 8 rate_above_cap 2",
			"2024-03-05T00:00:00Z Loan:Clear harbor-meridian 0 platform_frozen 3",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s, want %s", strings.Join(got, "; "), strings.Join(want, "; "))
		}
	})
}
