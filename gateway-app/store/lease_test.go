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
		slow, _ := take(t, db, "a", time.Second)
		if err := slow.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond)
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
		var held []string
		var group sync.WaitGroup
		for _, holder := range []string{"a", "b"} {
			group.Go(func() {
				err := db.Hold(t.Context(), "lane", holder, time.Second, func(ctx context.Context) error {
					held = append(held, holder)         // a race, were there two
					time.Sleep(1500 * time.Millisecond) // longer than the lease lasts without renewal
					return errors.Join(ctx.Err(), db.Write(ctx, func(*sql.Tx) error { return nil }))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(held) != 2 || held[0] == held[1] {
			t.Errorf("held by %v", held)
		}
	})
}

func TestHoldEndsTheWorkWhenTheLeaseIsLost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Hold(t.Context(), "lane", "a", 600*time.Millisecond, func(ctx context.Context) error {
			take(t, db, "a", time.Minute) // another process under the same name
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("answered %v", err)
		}
	})
}

// number takes the next number of a sequence, which says that the transaction counted.
func number(ctx context.Context, db *store.DB, before func(tx *sql.Tx) error) error {
	return db.Write(ctx, func(tx *sql.Tx) error {
		if err := before(tx); err != nil {
			return err
		}
		_, err := store.Next(ctx, tx, "written")
		return err
	})
}

func numbers(t *testing.T, db *store.DB) (last int64) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT COALESCE(MAX(last), 0) FROM store_sequence WHERE name = 'written'`).Scan(&last); err != nil {
		t.Fatal(err)
	}
	return last
}

// Who works under Hold writes nothing more once the lease is another's, also with a context that outlives
// the work's, and also when what was lost is the lease around another.
func TestWhatIsWrittenUnderHoldIsFenced(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		always := func(*sql.Tx) error { return nil }
		err := db.Hold(t.Context(), "lane", "a", time.Minute, func(ctx context.Context) error {
			if err := number(ctx, db, always); err != nil {
				t.Errorf("the holder's own write: %v", err)
			}
			take(t, db, "a", time.Minute) // the process was taken for dead and came back
			if err := number(context.WithoutCancel(ctx), db, always); !errors.Is(err, store.ErrLeaseLost) {
				t.Errorf("a write behind the next holder's back: %v", err)
			}
			return db.Hold(ctx, "inner", "a", time.Minute, func(ctx context.Context) error { return number(ctx, db, always) })
		})
		if !errors.Is(err, store.ErrLeaseLost) || numbers(t, db) != 1 {
			t.Errorf("%d writes, and %v", numbers(t, db), err)
		}
	})
}

// A holder whose machine stands still in the middle of a transaction, until its lease has expired, is not
// replaced before the transaction has ended: the next holder sees all that will ever be of it.
func TestTheNextHolderWaitsForATransactionUnderWay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const ttl = 200 * time.Millisecond
		slow, _ := take(t, db, "a", ttl)
		entered, ended := make(chan struct{}, 1), make(chan error, 1)
		go func() {
			ended <- number(context.Background(), db, func(tx *sql.Tx) error {
				if err := slow.Check(context.Background(), tx); err != nil {
					return err
				}
				entered <- struct{}{}
				time.Sleep(3 * ttl)
				return nil
			})
		}()
		<-entered
		for taken := false; !taken; time.Sleep(ttl / 10) {
			_, taken = take(t, db, "b", time.Minute)
		}
		if seen := numbers(t, db); seen != 1 {
			t.Errorf("the next holder sees %d of its predecessor's writes", seen)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// The database itself ends the transaction of a machine that stands still for good.
func TestThePatienceWithAWriterIsBounded(t *testing.T) {
	db := storetest.PostgreSQL(t)
	var patience string
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(t.Context(), `SHOW idle_in_transaction_session_timeout`).Scan(&patience)
	})
	if err != nil || patience != "1min" {
		t.Errorf("it waits %q, %v", patience, err)
	}
}
