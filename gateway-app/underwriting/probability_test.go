package underwriting_test

import (
	"database/sql"
	"encoding/json"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// What the last approval gave is known of a borrower until the purge; of strangers, and of who was refused, nothing is.
func TestTheLastApprovalsProbabilityIsKnown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.apply(good(1))
		second := good(1)
		second.Features["revol_util"] = json.RawMessage("70")
		last := w.apply(second)
		if last.Status != underwriting.Approved {
			t.Fatalf("the borrower was not approved: %s", last.Status)
		}
		var said struct {
			ProbabilityPPM int64 `json:"probability_ppm"`
		}
		w.done(json.Unmarshal(last.Result, &said))
		known := func(n int) int64 {
			t.Helper()
			ppm, err := w.desk.ProbabilityOf(t.Context(), handle(n))
			w.done(err)
			return ppm
		}
		if got := known(1); got != said.ProbabilityPPM || got == 0 {
			t.Errorf("the borrower is known at %d, want %d", got, said.ProbabilityPPM)
		}
		if got := known(2); got != 0 {
			t.Errorf("a stranger is known at %d", got)
		}
		w.done(db.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), `UPDATE underwriting_application SET status = 'refused' WHERE id = $1`, last.Application)
			return err
		}))
		if got := known(1); got == 0 || got == said.ProbabilityPPM {
			t.Errorf("the last is refused, and the borrower is known at %d", got)
		}
		w.done(db.Write(t.Context(), func(tx *sql.Tx) error { return w.desk.Forget(t.Context(), tx, handle(1)) }))
		if got := known(1); got != 0 {
			t.Errorf("the purged borrower is known at %d", got)
		}
	})
}
