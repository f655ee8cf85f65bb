package projection_test

import (
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Who lends, who borrows and who has nothing to do with the town.
func TestWhatIsOpenWithAParty(t *testing.T) {
	inTown(t, func(t *testing.T, _ *town, m *projection.Model) {
		for party, want := range map[string][]string{
			ann:                       {projection.OpenParts, projection.OpenCash, projection.OpenInstructions},
			cai:                       {projection.OpenLoans},
			"a party of another town": nil,
		} {
			if got, err := m.Open(t.Context(), party); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s has %v open, %v; want %v", party, got, err, want)
			}
		}
	})
}

// Books that leave things out are not asked what is open.
func TestBooksThatAreNotWholeSayNothing(t *testing.T) {
	w := found(t)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustCatchUp(t, db, w.chain)
		err := db.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), `UPDATE rm_checkpoint SET reached = block + 1`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if open, err := projection.NewModel(db).Open(t.Context(), cai); !errors.Is(err, fault.New(fault.Unavailable)) {
			t.Errorf("answered %v, %v", open, err)
		}
	})
}
