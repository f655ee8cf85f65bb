package store_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func take(t *testing.T, db *store.DB, holder string, ttl time.Duration) (*store.Lease, bool) {
	t.Helper()
	lease, taken, err := db.Lease(t.Context(), "lane", holder, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return lease, taken
}

func check(db *store.DB, lease *store.Lease) error {
	return db.Write(context.Background(), func(tx *sql.Tx) error { return lease.Check(context.Background(), tx) })
}

func TestALeaseHasOneHolder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		first, _ := take(t, db, "a", time.Minute)
		if _, taken := take(t, db, "b", time.Minute); taken {
			t.Fatal("two hold it")
		}
		if err := first.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := check(db, first); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("a released lease answers %v", err)
		}
		second, taken := take(t, db, "b", time.Minute)
		if !taken || second.Token <= first.Token {
			t.Fatalf("taken %v with token %d after %d", taken, second.Token, first.Token)
		}
		if err := first.Release(t.Context()); err != nil || check(db, second) != nil {
			t.Errorf("a late release took it from the next: %v", err)
		}
	})
}

// A holder that slept past the expiry finds its writes refused, and cannot renew.
func TestAnExpiredLeaseIsFencedOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		slow, _ := take(t, db, "a", 50*time.Millisecond)
		if err := slow.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(80 * time.Millisecond)
		if err := check(db, slow); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("expired, it answers %v", err)
		}
		next, taken := take(t, db, "b", time.Minute)
		if !taken {
			t.Fatal("an expired lease was not given")
		}
		if err := slow.Renew(t.Context()); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("renewed after it was lost: %v", err)
		}
		if err := check(db, next); err != nil {
			t.Error(err)
		}
	})
}

// A process that was killed comes back under its name at once, and what is left of it is fenced off.
func TestAHolderTakesItsOwnLeaseAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		dead, _ := take(t, db, "a", time.Minute)
		alive, taken := take(t, db, "a", time.Minute)
		if !taken || !errors.Is(check(db, dead), store.ErrLeaseLost) || check(db, alive) != nil {
			t.Errorf("taken %v; dead %v, alive %v", taken, check(db, dead), check(db, alive))
		}
	})
}

// Of many who ask at once one is given it.
func TestARaceForALeaseHasOneWinner(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var group sync.WaitGroup
		won := make(chan string, 10)
		for _, holder := range []string{"a", "b", "c", "d", "e"} {
			group.Go(func() {
				_, taken, err := db.Lease(t.Context(), "lane", holder, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if taken {
					won <- holder
				}
			})
		}
		group.Wait()
		if len(won) != 1 {
			t.Errorf("%d won", len(won))
		}
	})
}

func TestHoldRenewsAndHandsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var tokens []int64
		var group sync.WaitGroup
		for _, holder := range []string{"a", "b"} {
			group.Go(func() {
				err := db.Hold(t.Context(), "lane", holder, time.Second, func(ctx context.Context, lease *store.Lease) error {
					tokens = append(tokens, lease.Token) // a race, were there two
					time.Sleep(1500 * time.Millisecond)  // longer than the lease lasts without renewal
					return errors.Join(ctx.Err(), check(db, lease))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(tokens) != 2 || tokens[1] <= tokens[0] {
			t.Errorf("tokens %v", tokens)
		}
	})
}

func TestHoldEndsTheWorkWhenTheLeaseIsLost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Hold(t.Context(), "lane", "a", 600*time.Millisecond, func(ctx context.Context, _ *store.Lease) error {
			take(t, db, "a", time.Minute) // another process under the same name
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("answered %v", err)
		}
	})
}
