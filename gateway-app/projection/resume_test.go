package projection_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Ended at any moment, in the midst of a transaction too, the next process goes on where the rows are.
func TestACrashAtAnyMomentResumes(t *testing.T) {
	w := found(t)
	w.live()
	clean := storetest.SQLite(t)
	mustCatchUp(t, clean, w.chain)
	want := rowsOf(t, clean)
	random := rand.New(rand.NewPCG(7, 7))
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for attempt := 1; len(rowsOf(t, db)) < len(want); attempt++ {
			longest := time.Duration(attempt) * 2 * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.Int64N(int64(longest))))
			err := projection.New(db, w.chain).Run(ctx)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("the run ended with %v", err)
			}
		}
		compare(t, want, rowsOf(t, db))
	})
}

// Two processes on one database fold every block once between them.
func TestTwoProcessesShareADatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		whole := found(t)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		var both []*projection.Projection
		for _, at := range []*store.DB{db, storetest.Reopen(t, db)} {
			p := projection.New(at, whole.chain)
			both = append(both, p)
			running.Go(func() {
				if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("a process ended with %v", err)
					stop()
				}
			})
		}
		whole.live()
		height, _ := whole.height()
		for _, p := range both {
			if err := p.Reach(ctx, height-1); err != nil {
				t.Error(err)
			}
		}
		stop()
		running.Wait()
		clean := storetest.SQLite(t)
		mustCatchUp(t, clean, whole.chain)
		compare(t, rowsOf(t, clean), rowsOf(t, db))
	})
}

// What is forgotten is read from SQL again and folds on.
func TestACacheOfOneRecordIsEnough(t *testing.T) {
	w := found(t)
	w.live()
	clean, db := storetest.SQLite(t), storetest.SQLite(t)
	mustCatchUp(t, clean, w.chain)
	p := projection.New(db, w.chain)
	p.SetCacheLimit(1)
	if err := runUntil(t, p, w.chain); err != nil {
		t.Fatal(err)
	}
	compare(t, rowsOf(t, clean), rowsOf(t, db))
}

// A platform's peer has neither the exposure collection nor another platform's, and misses nothing.
func TestWhatTheMemberDoesNotHoldIsAbsent(t *testing.T) {
	w := &town{}
	all := found(t)
	all.live()
	w.chain = newChain(t)
	w.holds = func(collection string) bool { return collection == pair }
	w.blocks = slices.Clone(all.blocks)
	for i := range w.blocks {
		w.blocks[i].Transactions = slices.Clone(w.blocks[i].Transactions)
		tx := &w.blocks[i].Transactions[0]
		kept := tx.PrivateWrites[:0:0]
		for _, write := range tx.PrivateWrites {
			if w.holds(write.Collection) {
				kept = append(kept, write)
			}
		}
		tx.PrivateWrites = kept
	}
	db := storetest.SQLite(t)
	mustCatchUp(t, db, w.chain)
	for _, row := range rowsOf(t, db) {
		if strings.Contains(row, wire.Exposure) || strings.Contains(row, pseudonym(cai)) {
			t.Errorf("a platform has %s", row)
		}
	}
	m := projection.NewModel(db)
	if l, err := m.Loan(t.Context(), loanID(1)); err != nil || l.State.Status != "repaid" {
		t.Errorf("its own loan is %+v, %v", l, err)
	}
}

// Who waits for a block is woken when it is there, and not before.
func TestReachWaitsForTheBlock(t *testing.T) {
	w := found(t)
	ctx, stop := context.WithCancel(t.Context())
	p := projection.New(storetest.SQLite(t), w.chain)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	height, _ := w.height()
	if err := p.Reach(ctx, height-1); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := p.Reach(short, height); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("before the block is there: %v", err)
	}
	moved := p.Moved()
	w.anchor(lantern, strings.Repeat("44", 32))
	if err := p.Reach(ctx, height); err != nil {
		t.Error(err)
	}
	select {
	case <-moved:
	default:
		t.Error("nobody was told that the projection moved")
	}
	lag, err := p.Lag(ctx)
	if err != nil || lag.Blocks != 0 || lag.Next != height+1 {
		t.Errorf("the lag is %+v, %v", lag, err)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the run ended with %v", err)
	}
}
