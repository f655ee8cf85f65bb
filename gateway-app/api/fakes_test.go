package api_test

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

// door lets in the tokens it knows, and allows all but what is listed as denied.
type door struct {
	mu      sync.Mutex
	callers map[string]access.Principal
	denied  map[string]bool
	entries []api.Entry
	broken  error
}

func (d *door) ByToken(_ context.Context, token string) (access.Principal, error) {
	if d.broken != nil {
		return access.Principal{}, d.broken
	}
	caller, known := d.callers[token]
	if !known {
		return access.Principal{}, fault.New(fault.NotFound)
	}
	return caller, nil
}

func (d *door) ByCertificate(_ context.Context, c *x509.Certificate) (access.Principal, error) {
	return d.ByToken(context.Background(), c.Subject.CommonName)
}

func (d *door) Decide(_ context.Context, _ access.Principal, q api.Question) (api.Decision, error) {
	return api.Decision{Allowed: !d.denied[q.Operation], Policy: "test"}, nil
}

func (d *door) Record(_ context.Context, e api.Entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, e)
	return nil
}

func (d *door) Enter(ctx context.Context, caller access.Principal) context.Context {
	return access.With(ctx, caller)
}

func (d *door) recorded() []api.Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.entries)
}

// ledger is a fake of the outbox and the ledger behind it: it remembers commands by their id as the
// outbox does, and decides them by a function.
type ledger struct {
	mu       sync.Mutex
	commands map[string]outbox.Command
	outcomes map[string]outbox.Outcome
	runs     int
	decide   func(outbox.Command) outbox.Outcome
	hold     chan struct{} // when set, decisions wait for it
}

func newLedger() *ledger {
	return &ledger{commands: map[string]outbox.Command{}, outcomes: map[string]outbox.Outcome{}}
}

func (l *ledger) Do(ctx context.Context, c outbox.Command) (outbox.Outcome, error) {
	l.mu.Lock()
	before, known := l.commands[c.ID]
	if known && (before.Function != c.Function || string(before.Items) != string(c.Items)) {
		l.mu.Unlock()
		return outbox.Outcome{}, fault.New(fault.RequestIDReused)
	}
	l.commands[c.ID] = c
	hold := l.hold
	l.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return outbox.Outcome{ID: c.ID, Status: outbox.Stored}, nil
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if done, decided := l.outcomes[c.ID]; decided {
		return done, nil
	}
	l.runs++
	o := outbox.Outcome{
		ID: c.ID, Status: outbox.Committed, TxID: "tx" + c.ID, Block: uint64(l.runs),
		Answer: wire.Answer{Version: wire.Version, Applied: count(c.Items)},
	}
	if l.decide != nil {
		o = l.decide(c)
	}
	l.outcomes[c.ID] = o
	return o, nil
}

func count(items json.RawMessage) int {
	var list []json.RawMessage
	if err := json.Unmarshal(items, &list); err != nil {
		panic(err)
	}
	return len(list)
}

func (l *ledger) Find(_ context.Context, id string) (outbox.Outcome, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if o, ok := l.outcomes[id]; ok {
		return o, true, nil
	}
	_, ok := l.commands[id]
	return outbox.Outcome{ID: id, Status: outbox.Stored}, ok, nil
}

func (l *ledger) only() outbox.Command {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.commands) != 1 {
		panic(fmt.Sprintf("%d commands", len(l.commands)))
	}
	for _, c := range l.commands {
		return c
	}
	panic("unreachable")
}

func (l *ledger) ran() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runs
}

// books is a read model in memory.
type books struct {
	mu           sync.Mutex
	behind       bool // never reaches a block
	loans        []api.Loan
	history      []api.LoanEvent
	parties      []api.Row[party.State]
	mandates     []api.Row[mandate.State]
	instructions []api.Row[custody.Instruction]
	suspended    []api.Row[custody.Suspense]
	accounts     []api.Row[custody.Account]
	days         []api.Row[custody.Day]
	members      []api.Row[wire.Member]
	regimes      []api.Row[regime.Pack]
	freezes      []api.Row[wire.PlatformFreeze]
	entries      []api.Row[wire.Anchored]
	logs         []api.Row[evidence.LogState]
	feed         []api.Event
	failAfter    string // a page after this cursor fails
}

func (b *books) Reach(ctx context.Context, _ uint64) error {
	if b.behind {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// page cuts a page out of a list in the order of ids.
func page[T any](list []T, id func(T) string, p api.Page, keep func(T) bool) ([]T, string, error) {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	var out []T
	for _, item := range sorted {
		if id(item) <= p.After || keep != nil && !keep(item) {
			continue
		}
		if len(out) == p.Limit {
			return out, id(out[len(out)-1]), nil
		}
		out = append(out, item)
	}
	return out, "", nil
}

func rowID[S any](r api.Row[S]) string { return r.ID }

func find[T any](list []T, id func(T) string, wanted string) (T, bool, error) {
	for _, item := range list {
		if id(item) == wanted {
			return item, true, nil
		}
	}
	var zero T
	return zero, false, nil
}

func (b *books) Loans(_ context.Context, f api.LoanFilter, p api.Page) ([]api.Row[loan.State], string, error) {
	if b.failAfter != "" && p.After >= b.failAfter {
		return nil, "", fmt.Errorf("the database went away")
	}
	var rows []api.Row[loan.State]
	for _, l := range b.loans {
		if f.Party != "" && l.Terms.Borrower != f.Party || f.Status != "" && string(l.State.Status) != f.Status {
			continue
		}
		rows = append(rows, l.Row)
	}
	return page(rows, rowID, p, nil)
}

func (b *books) Loan(_ context.Context, handle string) (api.Loan, bool, error) {
	return find(b.loans, func(l api.Loan) string { return l.ID }, handle)
}

func (b *books) LoanHistory(_ context.Context, _ string, p api.Page) ([]api.LoanEvent, string, error) {
	return page(b.history, func(e api.LoanEvent) string { return fmt.Sprintf("%08d", e.Sequence) }, p, nil)
}

func (b *books) Parties(_ context.Context, f api.Narrow, p api.Page) ([]api.Row[party.State], string, error) {
	return page(b.parties, rowID, p, func(r api.Row[party.State]) bool { return f.Party == "" || f.Party == r.ID })
}

func (b *books) Party(_ context.Context, handle string) (api.Row[party.State], bool, error) {
	return find(b.parties, rowID, handle)
}

func (b *books) Mandates(_ context.Context, f api.Narrow, p api.Page) ([]api.Row[mandate.State], string, error) {
	return page(b.mandates, rowID, p, func(r api.Row[mandate.State]) bool { return f.Party == "" || f.Party == r.State.Party })
}

func (b *books) Mandate(_ context.Context, handle string) (api.Row[mandate.State], bool, error) {
	return find(b.mandates, rowID, handle)
}

func (b *books) Instructions(_ context.Context, f api.InstructionFilter, p api.Page) ([]api.Row[custody.Instruction], string, error) {
	return page(b.instructions, rowID, p, func(r api.Row[custody.Instruction]) bool {
		return (f.Party == "" || f.Party == r.State.Party) && (f.Status == "" || f.Status == string(r.State.Status))
	})
}

func (b *books) Instruction(_ context.Context, handle string) (api.Row[custody.Instruction], bool, error) {
	return find(b.instructions, rowID, handle)
}

func (b *books) Suspended(_ context.Context, _ api.Narrow, p api.Page) ([]api.Row[custody.Suspense], string, error) {
	return page(b.suspended, rowID, p, nil)
}

func (b *books) Accounts(_ context.Context, f api.Narrow, p api.Page) ([]api.Row[custody.Account], string, error) {
	return page(b.accounts, rowID, p, func(r api.Row[custody.Account]) bool { return f.Party == "" || f.Party == r.ID })
}

func (b *books) Account(_ context.Context, handle string) (api.Row[custody.Account], bool, error) {
	return find(b.accounts, rowID, handle)
}

func (b *books) Day(_ context.Context, custodian string) (api.Row[custody.Day], bool, error) {
	return find(b.days, rowID, custodian)
}

func (b *books) Members(_ context.Context, p api.Page) ([]api.Row[wire.Member], string, error) {
	return page(b.members, rowID, p, nil)
}

func (b *books) Regimes(_ context.Context, p api.Page) ([]api.Row[regime.Pack], string, error) {
	return page(b.regimes, rowID, p, nil)
}

func (b *books) Regime(_ context.Context, id string) (api.Row[regime.Pack], bool, error) {
	return find(b.regimes, rowID, id)
}

func (b *books) Freezes(_ context.Context, p api.Page) ([]api.Row[wire.PlatformFreeze], string, error) {
	return page(b.freezes, rowID, p, nil)
}

func (b *books) Evidence(_ context.Context, member string, p api.Page) ([]api.Row[wire.Anchored], string, error) {
	return page(b.entries, rowID, p, func(r api.Row[wire.Anchored]) bool { return member == "" || member == r.State.Member })
}

func (b *books) EvidenceEntry(_ context.Context, _, digest string) (api.Row[wire.Anchored], bool, error) {
	return find(b.entries, rowID, digest)
}

func (b *books) EvidenceLog(_ context.Context, member string) (api.Row[evidence.LogState], bool, error) {
	return find(b.logs, rowID, member)
}

func (b *books) Feed(_ context.Context, after int64, limit int) ([]api.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	events, _, err := page(b.feed, func(e api.Event) string { return fmt.Sprintf("%020d", e.ID) },
		api.Page{After: fmt.Sprintf("%020d", after), Limit: limit}, nil)
	return events, err
}

// happen adds events to the feed.
func (b *books) happen(kinds ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, kind := range kinds {
		id := int64(len(b.feed) + 1)
		b.feed = append(b.feed, api.Event{
			ID: id, Type: kind, Subject: handle(int(id)), Block: uint64(id), TxID: "tx" + strconv.FormatInt(id, 10),
			At: time.Unix(id, 0).UTC().Format(time.RFC3339), Data: json.RawMessage(`{"text":"one\ntwo"}`),
		})
	}
}

// handle is the n-th handle of a test.
func handle(n int) string { return fmt.Sprintf("%032x", n) }

// loanID is the n-th loan's id.
func loanID(n int) string { return wire.LoanID("lending", "harbor", handle(n)) }

// text makes a long text.
func text(n int) string { return strings.Repeat("a", n) }
