package lane_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

type item struct {
	N    int    `json:"n"`
	Loan string `json:"loan"`
}

// ledger applies items as a contract does: a refused one leaves no trace, and a request of which nothing was
// applied is refused with its first item's refusal. A request id that it has seen is answered as before.
type ledger struct {
	mu      sync.Mutex
	refuse  map[int]fault.Code
	applied []int
	asked   []outbox.Command
	seen    map[string]outbox.Outcome
	before  func() // a command is looked at
	die     int    // fails behind this many commands, as a process does that is killed; 0 never
}

var errKilled = errors.New("killed")

func (l *ledger) Do(ctx context.Context, c outbox.Command) (outbox.Outcome, error) {
	if l.before != nil {
		l.before()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[string]outbox.Outcome{}
	}
	out, again := l.seen[c.ID]
	if !again {
		out = l.run(c)
		l.seen[c.ID] = out
	}
	if l.die--; l.die == 0 {
		return outbox.Outcome{}, errKilled
	}
	return out, ctx.Err()
}

func (l *ledger) run(c outbox.Command) outbox.Outcome {
	l.asked = append(l.asked, c)
	var items []item
	if err := json.Unmarshal(c.Items, &items); err != nil {
		panic(err)
	}
	out := outbox.Outcome{ID: c.ID, Status: outbox.Committed, Block: uint64(len(l.asked))}
	for i, it := range items {
		if code, refused := l.refuse[it.N]; refused {
			out.Answer.Refused = append(out.Answer.Refused, fault.New(code).At(i))
			continue
		}
		l.applied = append(l.applied, it.N)
		out.Answer.Applied++
	}
	if out.Answer.Applied == 0 {
		return outbox.Outcome{ID: c.ID, Status: outbox.Refused, Fault: out.Answer.Refused[0]}
	}
	return out
}

func items(n int) []item {
	list := make([]item, n)
	for i := range list {
		list[i] = item{i, loan(i)}
	}
	return list
}

func loan(n int) string { return wire.LoanID("lending", "harbor", fmt.Sprintf("%032d", n)) }

func newLane(db *store.DB, book *ledger, name string) *lane.Lane {
	return lane.New(db, book, name, lane.Through("own/%", func(i item) []string { return lane.Loan(i.Loan) }))
}

func send(ctx context.Context, l *lane.Lane, holder string, list []item, size int) (lane.Verdicts, error) {
	var v lane.Verdicts
	err := l.Hold(ctx, holder, func(ctx context.Context) error {
		var err error
		v, err = lane.Send(ctx, l, "run", "Custody:Net", "harbor-meridian", list, size)
		return err
	})
	return v, err
}

func TestEveryItemGetsItsVerdict(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		book := &ledger{refuse: map[int]fault.Code{
			1: fault.NotYetDue,                                          // among others that are applied
			3: fault.NotYetDue, 4: fault.WrongStatus, 5: fault.NotFound, // a whole batch
		}}
		l := newLane(db, book, "test")
		v, err := send(t.Context(), l, "a", items(8), 3)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 8 {
			got := fault.Code("")
			if v.Refused[n] != nil {
				got = v.Refused[n].Code
			}
			if got != book.refuse[n] {
				t.Errorf("item %d: %q, not %q", n, got, book.refuse[n])
			}
		}
		if v.Applied != 4 || !slices.Equal(book.applied, []int{0, 2, 6, 7}) || v.Block == 0 {
			t.Errorf("%d applied: %v, block %d", v.Applied, book.applied, v.Block)
		}
		batches, err := l.Batches(t.Context(), "run")
		if err != nil {
			t.Fatal(err)
		}
		applied, refused := 0, 0
		for i, b := range batches {
			applied, refused = applied+b.Applied, refused+len(b.Refused)
			if b.Number != int64(i+1) || !b.Decided || !wire.IsHandle(b.RequestID) {
				t.Errorf("%+v", b)
			}
		}
		if applied != 4 || refused != 4 {
			t.Errorf("the rows say %d applied and %d refused", applied, refused)
		}
	})
}

// What no item can escape is asked once and not once an item.
func TestARefusalOfAllIsAskedOnce(t *testing.T) {
	book := &ledger{refuse: map[int]fault.Code{0: fault.DayNotOpen, 1: fault.DayNotOpen, 2: fault.DayNotOpen}}
	v, err := send(t.Context(), newLane(storetest.SQLite(t), book, "test"), "a", items(3), 10)
	if err != nil || len(v.Refused) != 3 || len(book.asked) != 1 || v.Refused[2].Item != 3 {
		t.Errorf("%+v %v, asked %d times", v, err, len(book.asked))
	}
}

// The process is killed behind every command in turn; the next one finishes what is stored, by the same
// request ids, and goes on. Nothing is applied twice.
func TestALaneGoesOnWhereItWasKilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for kill := 1; kill <= 5; kill++ {
			book := &ledger{die: kill, refuse: map[int]fault.Code{2: fault.NotYetDue, 3: fault.WrongStatus}}
			name := "killed-" + string(rune('0'+kill))
			first := newLane(db, book, name)
			if _, err := send(t.Context(), first, "first", items(8), 2); !errors.Is(err, errKilled) {
				t.Fatalf("killed behind command %d: %v", kill, err)
			}
			again := newLane(storetest.Reopen(t, db), book, name)
			if err := again.Hold(t.Context(), "second", func(context.Context) error { return nil }); err != nil {
				t.Fatal(err)
			}
			batches, err := again.Batches(t.Context(), "run")
			if err != nil {
				t.Fatal(err)
			}
			done := 0
			for _, b := range batches {
				if !b.Decided {
					t.Errorf("killed behind command %d: batch %d is undecided", kill, b.Number)
				}
				done += b.Applied
			}
			if done != len(book.applied) || len(book.asked) != len(batches) {
				t.Errorf("killed behind command %d: rows say %d applied, the ledger %v; %d commands, %d rows",
					kill, done, book.applied, len(book.asked), len(batches))
			}
			for _, c := range book.asked {
				if c.Salt == "" || c.Identity != "machine" || !slices.Equal(c.Lanes, lanesOf(t, c)) {
					t.Errorf("%+v", c)
				}
			}
		}
	})
}

// lanesOf are the lanes that a command of the test's must go through: its own, and those of its loans, in
// which the API's commands about them go too. One that is sent again after a crash goes through the same.
func lanesOf(t *testing.T, c outbox.Command) []string {
	t.Helper()
	var list []item
	if err := json.Unmarshal(c.Items, &list); err != nil {
		t.Fatal(err)
	}
	lanes := []string{"own/harbor-meridian"}
	for _, i := range list {
		lanes = append(lanes, loan(i.N))
	}
	return lanes
}

// A holder that was taken for dead finds out when the ledger answers it: what it had under way was decided by
// the next holder, and it writes nothing more.
func TestWhoLostTheLaneDecidesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		book := &ledger{refuse: map[int]fault.Code{0: fault.NotYetDue}}
		next := newLane(db, book, "taken")
		slow := newLane(db, book, "taken")
		book.before = func() {
			book.before = nil // the machine stands still from here, and the next holder comes
			if err := next.Hold(t.Context(), "a", func(context.Context) error { return nil }); err != nil {
				t.Error(err)
			}
		}
		if _, err := send(t.Context(), slow, "a", items(1), 1); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("whoever lost the lane ends with %v", err)
		}
		batches, err := next.Batches(t.Context(), "run")
		if err != nil || len(batches) != 1 || !batches[0].Decided || len(book.asked) != 1 {
			t.Errorf("%+v, %v; asked %d times", batches, err, len(book.asked))
		}
	})
}

func TestOnlyOneHoldsALane(t *testing.T) {
	db := storetest.SQLite(t)
	book := &ledger{}
	inside, most := 0, 0
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, holder := range []string{"a", "b", "c"} {
		group.Go(func() {
			err := newLane(db, book, "one").Hold(t.Context(), holder, func(context.Context) error {
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				mu.Lock()
				inside--
				mu.Unlock()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most != 1 {
		t.Errorf("%d held the lane at once", most)
	}
}
