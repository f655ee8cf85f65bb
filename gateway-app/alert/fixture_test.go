package alert_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// ledger is a read model whose rows a test writes. Its feed is dense, and the same again after it is begun anew.
type ledger struct {
	mu      sync.Mutex
	entries []projection.Entry
	shown   int // how many of them are folded
	moved   chan struct{}
	packs   []projection.Regime
	kinds   map[string]party.Kind
	history map[string][]projection.Step
}

func newLedger() *ledger {
	l := &ledger{moved: make(chan struct{}), kinds: map[string]party.Kind{}, history: map[string][]projection.Step{}}
	lending := regime.Pack{
		ID: "lending", AppliesTo: regime.NewLoans, EffectiveFrom: calendar.NewDate(2024, 1, 1), Approvals: approved(),
		Rules: regime.Rules{Holidays: []calendar.Date{calendar.NewDate(2024, 5, 1)}},
	}
	l.packs = []projection.Regime{{Held: projection.Held[regime.Pack]{ID: lending.ID, State: lending}, Adopted: true}}
	l.adopt("reporting-1", calendar.NewDate(2024, 1, 1), scenario.Reporting().Reporting.Alerts)
	return l
}

func approved() []regime.Approval {
	return []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: "meridian", Kind: party.Custodian}}
}

// adopt puts a reporting pack in force from a date on.
func (l *ledger) adopt(id string, from calendar.Date, alerts []regime.Alert) {
	pack := regime.Pack{ID: id, AppliesTo: regime.Reports, EffectiveFrom: from, Approvals: approved(), Reporting: &regime.Reporting{Alerts: alerts}}
	l.mu.Lock()
	l.packs = append(l.packs, projection.Regime{Held: projection.Held[regime.Pack]{ID: id, State: pack}, Digest: "digest-of-" + id, Adopted: true})
	l.mu.Unlock()
	l.add(projection.Entry{Type: "regime.approved", Kind: "regime", Subject: id})
}

func (l *ledger) add(list ...projection.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range list {
		e.Sequence = int64(len(l.entries)) + 1
		l.entries = append(l.entries, e)
	}
	l.shown = len(l.entries)
	close(l.moved)
	l.moved = make(chan struct{})
}

// show folds so many rows, as a read model that is begun anew does on its way.
func (l *ledger) show(rows int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown = rows
	close(l.moved)
	l.moved = make(chan struct{})
}

// move adds a settled instruction.
func (l *ledger) move(who, kind, on string, amount money.Minor) {
	l.moveAt("harbor-meridian", who, kind, on, amount)
}

// moveAt adds one at a platform: instruction i7 in transaction t7.
func (l *ledger) moveAt(collection, who, kind, on string, amount money.Minor) {
	date, err := calendar.Parse(on)
	if err != nil {
		panic(err)
	}
	at := len(l.entries) + 1
	l.add(projection.Entry{
		Type: "custody.settled", Kind: "custody", Collection: collection, Subject: fmt.Sprintf("i%d", at), TxID: fmt.Sprintf("t%d", at),
		Payload: projection.Payload{Party: who, Kind: kind, On: date, ValueDate: date, AmountMinor: amount},
	})
}

// verify adds the custodian's word for an account.
func (l *ledger) verify(who, digest, on string) {
	date, _ := calendar.Parse(on)
	l.mu.Lock()
	at := int64(len(l.history[who])) + 1
	text, _ := json.Marshal(party.Event{Kind: party.AccountVerified, Handle: who, On: date, AccountDigest: digest})
	l.history[who] = append(l.history[who], projection.Step{Sequence: at, Kind: string(party.AccountVerified), Event: text})
	l.mu.Unlock()
	l.add(projection.Entry{
		Type: "party.account_verified", Kind: "party", Collection: "harbor-meridian", Subject: who,
		Payload: projection.Payload{Party: who, On: date, Sequence: at},
	})
}

func (l *ledger) Feed(_ context.Context, after int64, limit int, f projection.FeedFilter) ([]projection.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []projection.Entry
	for _, e := range l.entries[:l.shown] {
		if e.Sequence > after && slices.Contains(f.Types, e.Type) && len(list) < limit {
			list = append(list, e)
		}
	}
	return list, nil
}

func (l *ledger) FeedEnd(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(l.shown), nil
}

func (l *ledger) Moved() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.moved
}

func (l *ledger) Borrowers(_ context.Context, loans []string) (map[string]string, error) {
	found := map[string]string{}
	for _, loan := range loans {
		found[loan] = "borrower-of-" + loan
	}
	return found, nil
}

func (l *ledger) Party(_ context.Context, collection, handle string) (projection.Held[party.State], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kind, known := l.kinds[handle]
	if handle == "stranger" {
		return projection.Held[party.State]{}, fault.In(fault.NotFound, "party")
	}
	if !known {
		kind = party.Natural
	}
	return projection.Held[party.State]{Collection: collection, ID: handle, State: party.State{Handle: handle, Kind: kind}}, nil
}

func (l *ledger) History(_ context.Context, _, _, id string, _ projection.Page) (projection.List[projection.Step], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return projection.List[projection.Step]{Items: slices.Clone(l.history[id])}, nil
}

func (l *ledger) Regimes(context.Context, projection.Page) (projection.List[projection.Regime], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return projection.List[projection.Regime]{Items: slices.Clone(l.packs)}, nil
}

// desk is a custodian with alerts.
type desk struct {
	*alert.Alerts
	t       testing.TB
	db      *store.DB
	ledger  *ledger
	notices *notice.Feed
	vault   *vault.Vault
}

func newDesk(t *testing.T, db *store.DB) *desk { return newDeskFor(t, db) }

func newDeskFor(t testing.TB, db *store.DB) *desk {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.pem")
	if err := vault.Create(path); err != nil {
		t.Fatal(err)
	}
	master, err := vault.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(t.Context(), db, master, vault.AESGCM)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, db: db, ledger: newLedger(), notices: notice.New(db), vault: v}
	d.Alerts = alert.New(db, v, d.ledger, d.notices, brisk("first"))
	return d
}

// bank is a custodian's app, as far as alerts ask it: who is whose customer, and whose work a transaction was.
type bank struct {
	same  map[string][]string
	hands map[string][]string
}

func (b bank) Same(_ context.Context, handle string) ([]string, error) { return b.same[handle], nil }

func (b bank) People(_ context.Context, txID string) ([]string, error) { return b.hands[txID], nil }

// at has the desk know what a bank knows.
func (d *desk) at(b bank) {
	settings := brisk("first")
	settings.Customers, settings.Origins = b, b
	d.Alerts = alert.New(d.db, d.vault, d.ledger, d.notices, settings)
}

func brisk(process string) alert.Settings {
	return alert.Settings{Process: process, Lease: 2 * time.Second, Poll: 20 * time.Millisecond, Pace: time.Millisecond}
}

// run follows until the test, or the function that it answers, ends it.
func (d *desk) run() (stop func()) { return run(d.t, d.Alerts) }

func run(t testing.TB, a *alert.Alerts) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = a.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

// caughtUp waits until every row of the feed was looked at.
func (d *desk) caughtUp() {
	d.t.Helper()
	d.ledger.mu.Lock()
	var last int64
	for _, e := range d.ledger.entries {
		if e.Type == "custody.settled" || e.Type == "repayment.received" {
			last = e.Sequence
		}
	}
	d.ledger.mu.Unlock()
	until(d.t, "all movements were looked at", func() bool {
		at, err := d.Position(context.Background())
		return err == nil && at >= last
	})
}

// raised lists the alerts as "rule party date movements".
func (d *desk) raised() []string {
	d.t.Helper()
	list, err := d.List(context.Background(), alert.Filter{}, alert.Page{Limit: 1000})
	if err != nil {
		d.t.Fatal(err)
	}
	texts := []string{}
	for _, a := range list {
		texts = append(texts, fmt.Sprintf("%s %s %s %d", a.Rule, a.Party, a.On, a.Movements))
	}
	return texts
}

func (d *desk) told(kind string) int {
	d.t.Helper()
	list, err := d.notices.Alerts().List(context.Background(), 0, 1000, notice.Filter{Types: []string{kind}})
	if err != nil {
		d.t.Fatal(err)
	}
	return len(list)
}

func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 20 s it is not so that %s", what)
		}
	}
}

func refused(t *testing.T, err error, code fault.Code, field string) {
	t.Helper()
	if f := fault.Of(err); f.Code != code || f.Field != field {
		t.Errorf("got %v, want %s in %s", err, code, field)
	}
}

// breaking are notices that fail so many times: a transaction breaks off when everything but they is written.
type breaking struct {
	*notice.Feed
	mu    sync.Mutex
	times int
}

var errBroken = errors.New("broken off")

func (b *breaking) AppendAll(ctx context.Context, tx *sql.Tx, list []notice.Notice) error {
	if err := b.Feed.AppendAll(ctx, tx, list); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.times > 0 {
		b.times--
		return errBroken
	}
	return nil
}
