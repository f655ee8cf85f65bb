package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Whatever is stored, and whatever trouble the ledger gives: each loan's commands are applied once, in
// the order of storing, and never two at once.
func TestLanesKeepTheirOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			lanesRound(t, rt, db, round)
		})
	})
}

func lanesRound(t *testing.T, rt *rapid.T, db *store.DB, round int) {
	n := newNetwork()
	n.at = flaky(rapid.Uint64().Draw(rt, "seed"), rapid.Float64Range(0, 0.3).Draw(rt, "trouble"))
	o := open(t, db, n,
		outbox.WithWorkers(rapid.IntRange(1, 8).Draw(rt, "workers")), outbox.WithBatches(rapid.IntRange(1, 3).Draw(rt, "batches")))
	want := map[string][]int{}
	var commands []outbox.Command
	for i := range rapid.IntRange(1, 25).Draw(rt, "commands") {
		var items []item
		for _, loan := range rapid.SliceOfNDistinct(rapid.IntRange(0, 4), 1, 3, rapid.ID[int]).Draw(rt, "loans") {
			key := fmt.Sprint("loan", loan)
			items = append(items, item{Name: fmt.Sprint(i, key), Key: key, Number: i})
			want[key] = append(want[key], i)
		}
		commands = append(commands, command(fmt.Sprint(round, "-", i), "Repayment:Post", rapid.Bool().Draw(rt, "merge"), items...))
	}
	put(t, db, o, commands...)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	outcomes := await(t, o, commands)
	cancel()
	if err := <-ended; err != nil {
		rt.Error(err)
	}
	for i, out := range outcomes {
		if out.Status != outbox.Committed {
			rt.Errorf("command %d: %+v", i, out)
		}
	}
	for loan, numbers := range want {
		if !slices.Equal(n.history[loan], numbers) {
			rt.Errorf("%s has %v; the order of storing is %v", loan, n.history[loan], numbers)
		}
	}
	if n.overlaps > 0 {
		rt.Errorf("%d times a loan was in two transactions at once", n.overlaps)
	}
}

// Commands of different loans do not wait for each other.
func TestDifferentLanesRunInParallel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		n.slow = 100 * time.Millisecond
		o := open(t, db, n, outbox.WithWorkers(8))
		var commands []outbox.Command
		for i := range 16 {
			commands = append(commands, command(fmt.Sprint("c", i), "Loan:Propose", false, item{Name: fmt.Sprint("c", i), Key: fmt.Sprint("loan", i%8), Number: i}))
		}
		put(t, db, o, commands...)
		run(t, o)
		await(t, o, commands)
		if n.parallel != 8 || n.overlaps > 0 {
			t.Errorf("%d were under way at once, of 8 loans; %d overlaps", n.parallel, n.overlaps)
		}
	})
}

// A loan that does not get through holds up no other.
func TestATroubledLaneHoldsUpNoOther(t *testing.T) {
	db := storetest.SQLite(t)
	n := newNetwork()
	stuck := command("stuck", "Loan:Propose", false, item{Name: "stuck", Key: "loan0"})
	n.disturb = unavailableFor("loan0")
	o := open(t, db, n, outbox.WithWorkers(1))
	var rest []outbox.Command
	for i := range 5 {
		rest = append(rest, command(fmt.Sprint("c", i), "Loan:Propose", false, item{Name: fmt.Sprint("c", i), Key: fmt.Sprint("loan", i+1)}))
	}
	put(t, db, o, append([]outbox.Command{stuck}, rest...)...)
	run(t, o)
	await(t, o, rest)
	if out, _, err := o.Find(t.Context(), stuck.ID); err != nil || out.Status != outbox.Stored {
		t.Errorf("got %+v, %v", out, err)
	}
}
