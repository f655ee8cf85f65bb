package netting

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// bank is the ledger of a custodian and its read model: which debts there are, and into which run each went.
type bank struct {
	mu     sync.Mutex
	day    custody.Day
	debts  map[string][]Debt // by collection
	runs   map[Debt][]string
	refuse map[Debt]fault.Code
	seen   map[string]outbox.Outcome
	sent   int
	dieAt  int
	later  map[int]Debt // what begins to owe, in the first collection, behind a command
}

var errKilled = errors.New("killed")

var theDay = calendar.NewDate(2026, 3, 2)

func newBank() *bank {
	return &bank{
		day: custody.Day{Custodian: "meridian", Date: theDay, Open: true}, debts: map[string][]Debt{},
		runs: map[Debt][]string{}, refuse: map[Debt]fault.Code{}, seen: map[string]outbox.Outcome{}, later: map[int]Debt{},
	}
}

func (b *bank) Day(context.Context, string) (custody.Day, error) { return b.day, nil }
func (b *bank) Reach(context.Context, uint64) error              { return nil }
func (b *bank) CatchUp(context.Context) error                    { return nil }

// Owing answers pages of two, so that a run meets several.
func (b *bank) Owing(_ context.Context, collection, after string, _ int) ([]Debt, string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := 0
	if after != "" {
		from, _ = strconv.Atoi(after)
	}
	var page []Debt
	all := b.debts[collection]
	for i := from; i < len(all); i++ {
		if len(b.runs[all[i]]) > 0 {
			continue
		}
		if len(page) == 2 {
			return page, strconv.Itoa(i), nil
		}
		page = append(page, all[i])
	}
	return page, "", nil
}

func (b *bank) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out, again := b.seen[c.ID]
	if !again {
		out = b.run(c)
		b.seen[c.ID] = out
	}
	if b.sent++; b.sent == b.dieAt {
		return outbox.Outcome{}, errKilled
	}
	if d, ok := b.later[b.sent]; ok {
		b.debts["harbor-meridian"] = append(b.debts["harbor-meridian"], d)
	}
	return out, nil
}

func (b *bank) run(c outbox.Command) outbox.Outcome {
	var items []wire.Net
	if err := json.Unmarshal(c.Items, &items); err != nil {
		panic(err)
	}
	out := outbox.Outcome{ID: c.ID, Status: outbox.Committed, Block: uint64(len(b.seen) + 1)}
	for i, item := range items {
		d := Debt{item.Loan, item.Party}
		code := b.refuse[d]
		if len(b.runs[d]) > 0 {
			code = fault.NotYetDue
		}
		if code != "" {
			out.Answer.Refused = append(out.Answer.Refused, fault.New(code).At(i))
			continue
		}
		b.runs[d] = append(b.runs[d], item.Run)
		out.Answer.Applied++
	}
	if out.Answer.Applied == 0 {
		return outbox.Outcome{ID: c.ID, Status: outbox.Refused, Fault: out.Answer.Refused[0]}
	}
	return out
}

func (b *bank) owe(collection string, loans ...string) {
	for _, id := range loans {
		b.debts[collection] = append(b.debts[collection], Debt{Loan: id})
	}
}

func settings(process string) Settings {
	return Settings{
		Custodian: "meridian", Collections: []string{"harbor-meridian", "lantern-meridian"}, Process: process,
		Poll: time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	}
}

func TestARunTakesEverythingThatIsOwed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBank()
		b.owe("harbor-meridian", "h1", "h2", "h3", "h4", "h5")
		b.owe("lantern-meridian", "l1")
		b.debts["lantern-meridian"] = append(b.debts["lantern-meridian"], Debt{Party: "p1"})
		b.refuse[Debt{Loan: "h3"}] = fault.LoanFrozen
		b.later[2] = Debt{Loan: "late"} // money that arrives while the run is under way
		n := New(db, b, b, settings("test"))
		run, err := n.Start(t.Context())
		if err != nil || run.Handle != Handle("meridian", theDay, 1) || !wire.IsHandle(run.Handle) {
			t.Fatalf("%+v %v", run, err)
		}
		if again, err := n.Start(t.Context()); err != nil || again != run {
			t.Errorf("while it runs: %+v %v", again, err)
		}
		if err := n.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		result, err := n.Result(t.Context(), run.Handle)
		if err != nil || result.Status != Finished || result.Netted != 7 || result.Block == 0 {
			t.Errorf("%+v %v", result, err)
		}
		if want := []Refusal{{"harbor-meridian", "h3", "", fault.LoanFrozen}}; !slices.Equal(result.Refused, want) {
			t.Errorf("refused: %+v", result.Refused)
		}
		for d, runs := range b.runs {
			if !slices.Equal(runs, []string{run.Handle}) {
				t.Errorf("%+v went into %v", d, runs)
			}
		}

		// What was refused belongs to the next run, which has a number and a handle of its own.
		delete(b.refuse, Debt{Loan: "h3"})
		second, err := n.Start(t.Context())
		if err != nil || second.Sequence != 2 || second.Handle == run.Handle {
			t.Fatalf("%+v %v", second, err)
		}
		if err := n.Work(t.Context()); err != nil || !slices.Equal(b.runs[Debt{Loan: "h3"}], []string{second.Handle}) {
			t.Errorf("%v: %v", err, b.runs[Debt{Loan: "h3"}])
		}
		list, err := n.Runs(t.Context(), "", 10)
		if err != nil || len(list) != 2 || list[0].Handle != second.Handle {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// The process is killed behind every command in turn; another finishes the run under the same handle, and
// nothing goes into it twice.
func TestARunGoesOnWhereItWasKilled(t *testing.T) {
	for kill := 1; kill <= 4; kill++ {
		db := storetest.SQLite(t)
		b := newBank()
		b.owe("harbor-meridian", "h1", "h2", "h3", "h4", "h5")
		b.owe("lantern-meridian", "l1")
		b.refuse[Debt{Loan: "h2"}] = fault.LoanFrozen
		b.dieAt = kill
		first := New(db, b, b, settings("first"))
		run, err := first.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		killed := first.Work(t.Context())
		second := New(storetest.Reopen(t, db), b, b, settings("second"))
		if err := second.Work(t.Context()); err != nil {
			t.Fatalf("killed behind command %d: %v", kill, err)
		}
		result, err := second.Result(t.Context(), run.Handle)
		if err != nil || !errors.Is(killed, errKilled) || result.Status != Finished || result.Netted != 5 || len(result.Refused) != 1 {
			t.Errorf("killed behind command %d: %+v %v %v", kill, result, err, killed)
		}
		for d, runs := range b.runs {
			if !slices.Equal(runs, []string{run.Handle}) {
				t.Errorf("killed behind command %d: %+v went into %v", kill, d, runs)
			}
		}
	}
}

// What a run nets goes through the lanes in which the API's commands about the same loans and accounts go.
func TestARunSharesTheLoansLanes(t *testing.T) {
	loan, party := wire.LoanID("lending", "harbor", strings.Repeat("1", 32)), strings.Repeat("2", 32)
	items, err := json.Marshal([]wire.Net{{Loan: loan}, {Party: party}})
	if err != nil {
		t.Fatal(err)
	}
	batch := lane.Batch{Collection: "harbor-meridian"}
	if err := json.Unmarshal(items, &batch.Items); err != nil {
		t.Fatal(err)
	}
	lanes, err := lane.Through("netting/%", debtorOf)(batch)
	if want := []string{"netting/harbor-meridian", loan, "account/" + party}; err != nil || !slices.Equal(lanes, want) {
		t.Errorf("%v %v, want %v", lanes, err, want)
	}
}

func TestNoRunWithoutAnOpenDay(t *testing.T) {
	b := newBank()
	b.day.Open = false
	n := New(storetest.SQLite(t), b, b, settings("test"))
	if _, err := n.Start(t.Context()); !errors.Is(err, fault.New(fault.DayNotOpen)) {
		t.Error(err)
	}
	if _, err := n.Result(t.Context(), "unknown"); !errors.Is(err, fault.New(fault.NotFound)) {
		t.Error(err)
	}
}

// The day's first run begins by itself at its time, once, and only on a day that is open.
func TestTheDailyRun(t *testing.T) {
	b := newBank()
	b.owe("harbor-meridian", "h1")
	at := settings("test")
	at.Daily, at.Zone = 17*time.Hour, time.FixedZone("", 8*60*60)
	n := New(storetest.SQLite(t), b, b, at)
	step := func(hour, minute int) int {
		t.Helper()
		n.now = func() time.Time { return time.Date(2026, 3, 2, hour, minute, 0, 0, at.Zone) }
		if err := n.startDaily(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := n.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		runs, err := n.Runs(t.Context(), "", 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(runs)
	}
	b.day.Open = false
	if got := step(18, 0); got != 0 {
		t.Errorf("%d runs on a closed day", got)
	}
	b.day.Open = true
	for _, c := range []struct{ hour, minute, want int }{{16, 59, 0}, {17, 0, 1}, {17, 1, 1}, {23, 0, 1}} {
		if got := step(c.hour, c.minute); got != c.want {
			t.Errorf("at %d:%02d there are %d runs, not %d", c.hour, c.minute, got, c.want)
		}
	}
}

func TestRunsAreDoneUntilStopped(t *testing.T) {
	b := newBank()
	b.owe("harbor-meridian", "h1")
	n := New(storetest.SQLite(t), b, b, settings("test"))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	run, err := n.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for {
		result, err := n.Result(ctx, run.Handle)
		if err != nil {
			t.Fatal(err)
		}
		if result.Status == Finished {
			break
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
