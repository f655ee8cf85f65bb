package outbox_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Every refused item counts once: of a command that was refused for its items under their codes, of one that was refused
// whole under its own, and of one that was applied but for an item, that item.
func TestRefusedItemsAreCountedByMonthAndCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for n, c := range []struct{ function, at, status, answer, refusal string }{
			{"Loan:Propose", "2024-01-31T23:59:59.999999Z", "committed", `{"version":1,"applied":3}`, ""},
			{"Loan:Propose", "2024-01-31T23:59:59.999999Z", "committed", `{"version":1,"applied":2,"refused":[{"code":"rate_above_cap","item":2}]}`, ""},
			{"Loan:Propose", "2024-02-01T00:00:00.000000Z", "refused", `{"version":1,"applied":0,"refused":[{"code":"rate_above_cap","item":1},{"code":"party_frozen","item":2},{"code":"rate_above_cap","item":3}]}`, `{"code":"rate_above_cap","item":1}`},
			{"Loan:Clear", "2024-03-05T00:00:00.000000Z", "refused", "", `{"code":"platform_frozen"}`},
			{"Loan:Clear", "", "stored", "", ""},
		} {
			err := db.Write(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.ExecContext(t.Context(), `INSERT INTO outbox_command (id, seq, function, collection, mode, identity, approvals, signed, lanes, merge,
					items, size_bytes, salt, body, digest, status, request_id, tx_id, block, answer, fault, stored_at, decided_at)
					VALUES ($1, $2, $3, '', '', '', '', '', '[]', FALSE, 3, 0, '', NULL, '', $4, '', '', 0, $5, $6, $7, $7)`,
					fmt.Sprint(n), n, c.function, c.status, c.answer, c.refusal, c.at)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for span, want := range map[[2]string][]string{
			{"", ""}:               {"Loan:Clear 2024-03 platform_frozen 3", "Loan:Propose 2024-01 rate_above_cap 1", "Loan:Propose 2024-02 party_frozen 1", "Loan:Propose 2024-02 rate_above_cap 2"},
			{"2024-02", "2024-02"}: {"Loan:Propose 2024-02 party_frozen 1", "Loan:Propose 2024-02 rate_above_cap 2"},
			{"", "2024-01"}:        {"Loan:Propose 2024-01 rate_above_cap 1"},
			{"2024-04", ""}:        nil,
		} {
			list, err := outbox.New(db, nil).Refusals(t.Context(), span[0], span[1])
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range list {
				got = append(got, fmt.Sprint(r.Function, " ", r.Month, " ", r.Code, " ", r.Items))
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%v: %s, want %s", span, strings.Join(got, "; "), strings.Join(want, "; "))
			}
		}
	})
}
