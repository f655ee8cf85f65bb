package projection_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// cutOff gives some blocks and then fails, as a peer that goes away does.
type cutOff struct {
	*chain
	after uint64
}

var errAway = errors.New("the peer went away")

func (c cutOff) BlocksWithPrivateData(ctx context.Context, from, to uint64) iter.Seq2[ledger.Block, error] {
	return func(yield func(ledger.Block, error) bool) {
		for block, err := range c.chain.BlocksWithPrivateData(ctx, from, to) {
			if err == nil && block.Number >= c.after {
				yield(ledger.Block{}, errAway)
				return
			}
			if !yield(block, err) {
				return
			}
		}
	}
}

func mustStand(t *testing.T, db *store.DB) projection.Standing {
	t.Helper()
	standing, err := projection.NewModel(db).Standing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return standing
}

// A rebuild that was cut off leaves rows that say of themselves that they are not whole, until they are.
func TestHalfARebuildSaysThatItIsNotWhole(t *testing.T) {
	w := found(t)
	w.live()
	height, _ := w.height()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if standing := mustStand(t, db); !standing.Whole() || standing.Block != -1 {
			t.Fatalf("before anything: %+v", standing)
		}
		mustCatchUp(t, db, w.chain)
		if standing := mustStand(t, db); !standing.Whole() || standing.Block != int64(height)-1 {
			t.Fatalf("folded: %+v", standing)
		}
		if err := projection.Rebuild(t.Context(), db, cutOff{w.chain, height / 2}); !errors.Is(err, errAway) {
			t.Fatalf("the rebuild ended with %v", err)
		}
		if standing := mustStand(t, db); standing.Whole() || standing.Block != int64(height/2)-1 || standing.Reached != int64(height)-1 {
			t.Errorf("cut off: %+v", standing)
		}
		mustCatchUp(t, db, w.chain)
		if standing := mustStand(t, db); !standing.Whole() {
			t.Errorf("caught up: %+v", standing)
		}
	})
}

// A member that joins a long chain shows no half of it either.
func TestTheFirstFoldingIsNotWholeBeforeItsEnd(t *testing.T) {
	w := found(t)
	w.live()
	db := storetest.SQLite(t)
	if err := projection.New(db, cutOff{w.chain, 3}).Run(t.Context()); !errors.Is(err, errAway) {
		t.Fatalf("the run ended with %v", err)
	}
	if standing := mustStand(t, db); standing.Whole() || standing.Block != 2 {
		t.Errorf("%+v", standing)
	}
}
