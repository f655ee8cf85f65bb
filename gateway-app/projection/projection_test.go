package projection_test

import (
	"testing"

	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestRebuildEndsEqualRowForRow(t *testing.T) {
	w := found(t)
	w.live()
	var first []string
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustCatchUp(t, db, w.chain)
		before := rowsOf(t, db)
		if len(before) < 100 {
			t.Fatalf("the story left %d rows only", len(before))
		}
		if err := projection.Rebuild(t.Context(), db, w.chain); err != nil {
			t.Fatal(err)
		}
		compare(t, before, rowsOf(t, db))
		if first == nil {
			first = before
		}
		compare(t, first, before) // and one database has what the other has
	})
}

func compare(t *testing.T, want, got []string) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%d rows became %d", len(want), len(got))
	}
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("row %d was\n%s\nand is\n%s", i, want[i], got[i])
		}
	}
}

// A block folded alone, in the company of others, or after any restart leaves the same rows.
func TestARestartAtEveryBlockFoldsNothingTwice(t *testing.T) {
	w := found(t)
	w.live()
	whole := w.blocks
	db := storetest.SQLite(t)
	mustCatchUp(t, db, w.chain)
	want := rowsOf(t, db)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for height := range whole {
			w.blocks = whole[:height+1]
			mustCatchUp(t, db, w.chain)
			mustCatchUp(t, db, w.chain)
		}
		compare(t, want, rowsOf(t, db))
	})
}
