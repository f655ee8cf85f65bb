package clearing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// network is a ledger and its read model: each loan has a borrower, and each borrower room for so many.
type network struct {
	mu         sync.Mutex
	proposed   []Loan
	unrelieved []Loan
	borrower   map[string]string
	room       map[string]int
	closed     string                // business days that are
	refuse     map[string]fault.Code // by loan, for causes that pass
	status     map[string]string
	reasons    map[string]string
	handles    map[string]bool
	seen       map[string]outbox.Outcome
	commands   int
	asked      []outbox.Command
	dieAt      int // the command behind which the process is killed
}

var errKilled = errors.New("killed")

func newNetwork() *network {
	return &network{
		borrower: map[string]string{}, room: map[string]int{}, refuse: map[string]fault.Code{},
		status: map[string]string{}, reasons: map[string]string{}, handles: map[string]bool{}, seen: map[string]outbox.Outcome{},
	}
}

func (n *network) propose(id, collection, borrower string) {
	n.proposed = append(n.proposed, Loan{ID: id, Collection: collection})
	n.borrower[id] = borrower
}

func (n *network) waiting(list []Loan, limit int) []Loan {
	n.mu.Lock()
	defer n.mu.Unlock()
	var open []Loan
	for _, l := range list {
		if n.status[l.ID] == "" && len(open) < limit {
			open = append(open, l)
		}
	}
	return open
}

func (n *network) Proposed(_ context.Context, limit int) ([]Loan, error) {
	return n.waiting(n.proposed, limit), nil
}

func (n *network) Unrelieved(_ context.Context, limit int) ([]Loan, error) {
	return n.waiting(n.unrelieved, limit), nil
}

func (n *network) Reach(context.Context, uint64) error { return nil }

func (n *network) Moved() <-chan struct{} { return nil }

func (n *network) Closed(context.Context) (string, error) { return n.closed, nil }

func (n *network) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	out, again := n.seen[c.ID]
	if !again {
		out = n.run(c)
		n.seen[c.ID], n.asked = out, append(n.asked, c)
	}
	if n.commands++; n.commands == n.dieAt {
		return outbox.Outcome{}, errKilled
	}
	return out, nil
}

func (n *network) run(c outbox.Command) outbox.Outcome {
	var items []struct{ Loan, Handle, Salt, Reason string }
	if err := json.Unmarshal(c.Items, &items); err != nil {
		panic(err)
	}
	out := outbox.Outcome{ID: c.ID, Status: outbox.Committed, Block: 7}
	for i, it := range items {
		code := n.apply(c.Function, it.Loan, it.Handle, it.Salt, it.Reason)
		if code != "" {
			out.Answer.Refused = append(out.Answer.Refused, fault.New(code).At(i))
			continue
		}
		out.Answer.Applied++
	}
	if out.Answer.Applied == 0 {
		return outbox.Outcome{ID: c.ID, Status: outbox.Refused, Fault: out.Answer.Refused[0]}
	}
	return out
}

func (n *network) apply(function, id, handle, salt, reason string) fault.Code {
	if n.status[id] != "" {
		return fault.WrongStatus
	}
	if code := n.refuse[id]; code != "" {
		return code
	}
	switch function {
	case "Loan:Clear":
		if !wire.IsHandle(handle) || !wire.IsDigest(salt) || n.handles[handle] {
			return fault.InvalidField
		}
		if n.room[n.borrower[id]] == 0 {
			return fault.NetworkCap
		}
		n.room[n.borrower[id]]--
		n.handles[handle], n.status[id] = true, "cleared"
	case "Loan:Decline":
		n.status[id], n.reasons[id] = "declined", reason
	case "Loan:Relieve":
		n.status[id] = "relieved"
	}
	return ""
}

func quiet(process string) Settings {
	return Settings{Process: process, Interval: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
}

func TestLoansAreClearedDeclinedAndRelieved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		n.room["alice"], n.room["bob"] = 1, 5
		n.propose("a1", "harbor-meridian", "alice")
		n.propose("a2", "lantern-meridian", "alice")
		n.propose("b1", "harbor-meridian", "bob")
		n.propose("b2", "harbor-meridian", "bob")
		n.refuse["b2"] = fault.PartyUnknown // not linked to a pseudonym yet
		n.unrelieved = []Loan{{ID: "old", Collection: "harbor-meridian", Standing: "1 2"}}
		c := New(db, n, n, quiet("test"))
		got, err := c.Step(t.Context())
		if err != nil || got != (Report{Cleared: 2, Declined: 1, Relieved: 1, Deferred: 1}) {
			t.Fatalf("%+v %v", got, err)
		}
		if n.status["a1"] != "cleared" || n.status["a2"] != "declined" || n.reasons["a2"] != string(fault.NetworkCap) || n.status["old"] != "relieved" {
			t.Errorf("%v %v", n.status, n.reasons)
		}

		// The deferred loan is left alone while its pause lasts, and cleared once its cause has passed.
		delete(n.refuse, "b2")
		if got, err = c.Step(t.Context()); err != nil || got.Applied()+got.Deferred != 0 {
			t.Errorf("%+v %v", got, err)
		}
		c.pauses.now = func() time.Time { return time.Now().Add(firstPause) }
		if got, err = c.Step(t.Context()); err != nil || got.Cleared != 1 {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestPausesGrowAndEnd(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPauses(func() time.Time { return now })
	var lengths []time.Duration
	x, y := Loan{ID: "x"}, Loan{ID: "y"}
	for i := range 10 {
		set, news := p.longer("clear", x, fault.PartyUnknown)
		lengths = append(lengths, set.length)
		if p.over("clear", x) || !p.over("clear", y) || !p.over("relieve", x) || news != (i == 0) {
			t.Fatal("a pause holds for its own loan, and from its beginning, and is news once")
		}
		now = set.end
		if !p.over("clear", x) {
			t.Fatal("a pause that is over holds")
		}
	}
	if lengths[0] != firstPause || lengths[1] != 2*firstPause || !slices.IsSorted(lengths) || lengths[9] != longestPause {
		t.Error(lengths)
	}
}

// A relief that changes nothing is asked for once, and said once, however long it goes on being listed. It is
// asked for again when the loan has changed.
func TestAReliefThatIsNotYetDueIsRemembered(t *testing.T) {
	n := newNetwork()
	n.unrelieved = []Loan{{ID: "lapsed", Collection: "harbor-meridian", Standing: "cleared 0 5000"}}
	n.refuse["lapsed"] = fault.NotYetDue
	var log strings.Builder
	settings := quiet("test")
	settings.Logger = slog.New(slog.NewTextHandler(&log, nil))
	c := New(storetest.SQLite(t), n, n, settings)
	now := time.Now()
	c.pauses.now = func() time.Time { return now }
	c.relieved.now = c.pauses.now
	for range 5 {
		if _, err := c.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(24 * time.Hour)
	}
	if lines := strings.Count(log.String(), "\n"); len(n.asked) != 1 || lines != 1 || !strings.Contains(log.String(), "code=not_yet_due") {
		t.Errorf("asked %d times, and said\n%s", len(n.asked), log.String())
	}
	delete(n.refuse, "lapsed")
	n.unrelieved[0].Standing = "withdrawn 0 5000"
	n.closed = "meridian 2024-01-15"
	if got, err := c.Step(t.Context()); err != nil || got.Relieved != 1 {
		t.Errorf("after it changed: %+v %v", got, err)
	}
}

// What is repaid in many receipts is relieved once: when the business day closes, when room is wanted for a
// proposal, or after a while.
func TestReliefWaitsForTheEndOfTheDay(t *testing.T) {
	n := newNetwork()
	c := New(storetest.SQLite(t), n, n, quiet("test"))
	now := time.Now()
	c.relieved.now = func() time.Time { return now }
	repay := func(id string) {
		n.unrelieved = append(n.unrelieved, Loan{ID: id, Collection: "harbor-meridian", Standing: id})
	}
	relieved := func(when string, want int) {
		t.Helper()
		if got, err := c.Step(t.Context()); err != nil || got.Relieved != want {
			t.Errorf("%s: %+v %v", when, got, err)
		}
	}
	relieved("at the start", 0)
	repay("morning")
	repay("noon")
	relieved("while the day is open", 0)
	n.closed = "meridian 2024-01-15"
	relieved("when it closes", 2)
	repay("next morning")
	relieved("on the next day", 0)
	n.room["alice"] = 1
	n.propose("new", "harbor-meridian", "alice")
	relieved("when a proposal wants the room", 1)
	repay("next noon")
	relieved("with no proposal left", 0)
	now = now.Add(10 * time.Second)
	relieved("after a while", 1)
}

// What the lane asks for goes through the lanes in which the API's commands about the same loans go.
func TestTheLaneSharesTheLoansLanes(t *testing.T) {
	n := newNetwork()
	id := func(i int) string { return wire.LoanID("lending", "harbor", fmt.Sprintf("%032d", i)) }
	n.room["alice"] = 1
	n.propose(id(1), "harbor-meridian", "alice")
	n.propose(id(2), "harbor-meridian", "alice")
	n.unrelieved = []Loan{{ID: id(3), Collection: "harbor-meridian", Standing: "1 2"}}
	if _, err := New(storetest.SQLite(t), n, n, quiet("test")).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"Loan:Relieve": {"clearing", id(3)}, "Loan:Clear": {"clearing", id(1), id(2)}, "Loan:Decline": {"clearing", id(2)},
	}
	for _, c := range n.asked {
		if !slices.Equal(c.Lanes, want[c.Function]) {
			t.Errorf("%s goes through %v, want %v", c.Function, c.Lanes, want[c.Function])
		}
	}
	if len(n.asked) != len(want) {
		t.Errorf("%d commands", len(n.asked))
	}
}

// The process is killed behind every command in turn. The one after it, which knows nothing but the
// database, comes to the same end, and no clearance is granted twice.
func TestClearingGoesOnWhereItWasKilled(t *testing.T) {
	for kill := 1; kill <= 4; kill++ {
		db := storetest.SQLite(t)
		n := newNetwork()
		n.room["alice"] = 1
		n.propose("a1", "harbor-meridian", "alice")
		n.propose("a2", "harbor-meridian", "alice")
		n.propose("a3", "lantern-meridian", "alice")
		n.dieAt = kill
		if _, err := New(db, n, n, quiet("first")).Step(t.Context()); !errors.Is(err, errKilled) {
			t.Fatalf("killed behind command %d: %v", kill, err)
		}
		if _, err := New(storetest.Reopen(t, db), n, n, quiet("second")).Step(t.Context()); err != nil {
			t.Fatalf("killed behind command %d: %v", kill, err)
		}
		if n.status["a1"] != "cleared" || n.status["a2"] != "declined" || n.status["a3"] != "declined" || len(n.handles) != 1 {
			t.Errorf("killed behind command %d: %v, %d clearances", kill, n.status, len(n.handles))
		}
	}
}

func TestTheLaneRunsUntilItIsStopped(t *testing.T) {
	n := newNetwork()
	n.room["alice"] = 1
	n.propose("a1", "harbor-meridian", "alice")
	c := New(storetest.SQLite(t), n, n, quiet("test"))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	for len(n.waiting(n.proposed, 1)) > 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
