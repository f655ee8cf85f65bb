package outbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// day is a working day in small: receipts of which two share a loan, loans in parallel, a batch that is
// refused in part.
func day() []outbox.Command {
	var commands []outbox.Command
	for i := range 6 {
		commands = append(commands, receipt(fmt.Sprint("r", i), fmt.Sprint("loan", i%4), i))
	}
	return append(commands,
		command("propose", "Loan:Propose", false, item{Name: "p", Key: "loan9", Number: 1}),
		command("fund", "Loan:Fund", false, item{Name: "f", Key: "loan9", Number: 2}, item{Name: "g", Key: "loan0", Number: 100}),
		command("part", "Custody:Accept", false, item{Name: "ok", Key: "i1"}, item{Name: "bad", Key: "i2", Bad: true}),
	)
}

// checkDay holds what must be true after a day, whatever happened in it.
func checkDay(t *testing.T, n *network, outcomes []outbox.Outcome) {
	t.Helper()
	for i, out := range outcomes {
		if out.Status != outbox.Committed || out.TxID == "" || out.Answer.Applied < 1 {
			t.Errorf("command %d: %+v", i, out)
		}
		if known, ok := n.outcomes[out.TxID]; !ok || !known.Code.Valid() || known.BlockNumber != out.Block {
			t.Errorf("command %d names transaction %s in block %d, which the ledger has as %+v", i, out.TxID, out.Block, known)
		}
	}
	checkOnce(t, n, day())
	for loan, want := range map[string][]int{"loan0": {0, 4, 100}, "loan1": {1, 5}, "loan9": {1, 2}} {
		if !slices.Equal(n.history[loan], want) {
			t.Errorf("%s has %v; the order of storing is %v", loan, n.history[loan], want)
		}
	}
	if n.overlaps > 0 {
		t.Errorf("%d times a loan was in two transactions at once", n.overlaps)
	}
}

// The process is killed at each occurrence of each point, and another goes on.
func TestAKilledProcessDoublesAndLosesNothing(t *testing.T) {
	for _, point := range points[:5] {
		for occurrence := 1; occurrence <= 4; occurrence++ {
			t.Run(fmt.Sprint(point, " ", occurrence), func(t *testing.T) {
				storetest.Each(t, func(t *testing.T, db *store.DB) { killOnce(t, db, point, occurrence) })
			})
		}
	}
}

func killOnce(t *testing.T, db *store.DB, point string, occurrence int) {
	n := newNetwork()
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	k := &killer{point: point, after: occurrence, kill: kill}
	n.at = k.at
	first := open(t, db, n)
	put(t, db, first, day()...)
	if err := first.Run(ctx); err != nil { // ends when it is killed
		t.Fatal(err)
	}
	second := open(t, storetest.Reopen(t, db), n)
	run(t, second)
	checkDay(t, n, await(t, second, day()))
}

// Two processes in a row die: one at each point of sending, the next at each point of finding out.
func TestAProcessKilledWhileItRecovers(t *testing.T) {
	for _, dies := range []string{beforeOrder, afterOrder, beforeVerdict} {
		for _, diesAgain := range points {
			t.Run(dies+", then "+diesAgain, func(t *testing.T) {
				n := newNetwork()
				db := storetest.SQLite(t)
				for i, point := range []string{dies, diesAgain} {
					ctx, kill := context.WithTimeout(context.Background(), 500*time.Millisecond)
					n.at = (&killer{point: point, after: 1, kill: kill}).at
					o := open(t, db, n)
					if i == 0 {
						put(t, db, o, day()...)
					}
					if err := o.Run(ctx); err != nil {
						t.Fatal(err)
					}
					kill()
				}
				o := open(t, db, n)
				run(t, o)
				checkDay(t, n, await(t, o, day()))
			})
		}
	}
}

// A process that stops for a while without dying wakes up after another has taken over and finished.
func TestAFrozenProcessIsFencedOff(t *testing.T) {
	for _, point := range points[:5] {
		t.Run(point, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				n := newNetwork()
				var frozen atomic.Bool
				thaw := make(chan struct{})
				n.at = func(_ context.Context, at string) error {
					if at == point && frozen.CompareAndSwap(false, true) {
						<-thaw
					}
					return nil
				}
				first := open(t, db, n, outbox.WithWorkers(1), outbox.WithLease(200*time.Millisecond))
				put(t, db, first, day()...)
				stop := run(t, first)
				for !frozen.Load() {
					time.Sleep(time.Millisecond)
				}
				second := open(t, storetest.Reopen(t, db), n, outbox.WithHolder("other"), outbox.WithLease(10*time.Second))
				takeOver(t, db)
				run(t, second)
				outcomes := await(t, second, day())
				close(thaw)
				time.Sleep(50 * time.Millisecond)
				stop()
				n.overlaps = 0 // two processes propose at once here, which the ledger tells apart
				checkDay(t, n, outcomes)
				checkDayAgain(t, second, n, outcomes)
			})
		})
	}
}

// takeOver takes the lease from whoever holds it and gives it up, as if it had expired.
func takeOver(t *testing.T, db *store.DB) {
	t.Helper()
	lease, taken, err := db.Lease(t.Context(), "outbox", "process", time.Minute)
	if err != nil || !taken {
		t.Fatalf("take over: %v, %v", taken, err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// checkDayAgain compares what is stored now with what was answered: nothing decided changes.
func checkDayAgain(t *testing.T, o *outbox.Outbox, n *network, before []outbox.Outcome) {
	t.Helper()
	after := await(t, o, day())
	n.overlaps = 0
	checkDay(t, n, after)
	for i := range after {
		if fmt.Sprint(after[i].TxID, after[i].Block, after[i].Status) != fmt.Sprint(before[i].TxID, before[i].Block, before[i].Status) {
			t.Errorf("command %d was %+v and is %+v", i, before[i], after[i])
		}
	}
}

// An envelope that is too old is not sent again, even if it never was: the command is proposed anew.
func TestAnOldEnvelopeIsNotSent(t *testing.T) {
	ages := map[string]func(n *network, now *time.Time){
		"16 minutes":   func(_ *network, now *time.Time) { *now = now.Add(16 * time.Minute) },
		"5,001 blocks": func(n *network, _ *time.Time) { n.height += 5001 },
	}
	for name, age := range ages {
		for _, point := range []string{beforeOrder, afterOrder} {
			t.Run(name+", killed "+point, func(t *testing.T) {
				storetest.Each(t, func(t *testing.T, db *store.DB) { outlive(t, db, point, age) })
			})
		}
	}
}

func outlive(t *testing.T, db *store.DB, point string, age func(n *network, now *time.Time)) {
	n := newNetwork()
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := outbox.WithClock(func() time.Time { return now })
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	n.at = (&killer{point: point, after: 1, kill: kill}).at
	c := receipt("r", "loan1", 1)
	first := open(t, db, n, clock)
	put(t, db, first, c)
	if err := first.Run(ctx); err != nil {
		t.Fatal(err)
	}
	age(n, &now)
	second := open(t, db, n, clock)
	run(t, second)
	out := await(t, second, []outbox.Command{c})[0]
	want := map[string]string{beforeOrder: "tx-2", afterOrder: "tx-1"}[point]
	if out.Status != outbox.Committed || out.TxID != want || n.applied["r"] != 1 || len(n.outcomes) != 1 {
		t.Errorf("got %+v with %d transactions; want %s", out, len(n.outcomes), want)
	}
}

// A young one is sent again as it is.
func TestAYoungEnvelopeIsSentAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		ctx, kill := context.WithCancel(context.Background())
		defer kill()
		n.at = (&killer{point: beforeOrder, after: 1, kill: kill}).at
		c := receipt("r", "loan1", 1)
		first := open(t, db, n)
		put(t, db, first, c)
		if err := first.Run(ctx); err != nil {
			t.Fatal(err)
		}
		second := open(t, db, n)
		run(t, second)
		if out := await(t, second, []outbox.Command{c})[0]; out.TxID != "tx-1" || n.txs != 1 {
			t.Errorf("got %+v after %d proposals", out, n.txs)
		}
	})
}

// Processes are killed at random while the ledger gives trouble of every kind.
func TestProcessesKilledAtRandom(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
		n.at = flaky(random.Uint64(), 0.1)
		n.slow = time.Millisecond
		put(t, db, open(t, db, n), day()...)
		lives := 0
		for undecided := true; undecided && lives < 200; lives++ {
			ctx, kill := context.WithTimeout(context.Background(), time.Duration(3+random.IntN(15))*time.Millisecond)
			o := open(t, db, n)
			if err := o.Run(ctx); err != nil {
				t.Fatal(err)
			}
			kill()
			b, err := o.Backlog(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			undecided = b.Stored+b.Sent > 0
		}
		o := open(t, db, n)
		run(t, o)
		checkDay(t, n, await(t, o, day()))
		t.Logf("%d lives", lives)
	})
}
