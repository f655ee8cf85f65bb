package api_test

import (
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
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// door lets in the tokens it knows, and allows all but what is listed as denied.
type door struct {
	mu      sync.Mutex
	callers map[string]access.Principal
	denied  map[string]bool
	entries []api.Entry
	broken  error
	fails   map[string]bool // operations that cannot be recorded
}

func (d *door) ByToken(_ context.Context, token string) (access.Principal, error) {
	if d.broken != nil {
		return access.Principal{}, d.broken
	}
	d.mu.Lock()
	caller, known := d.callers[token]
	d.mu.Unlock()
	if !known {
		return access.Principal{}, fault.New(fault.NotFound)
	}
	return caller, nil
}

func (d *door) ByCertificate(_ context.Context, c *x509.Certificate) (access.Principal, error) {
	return d.ByToken(context.Background(), c.Subject.CommonName)
}

func (d *door) Decide(_ context.Context, _ access.Principal, q api.Question) (api.Decision, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return api.Decision{Allowed: !d.denied[q.Operation], Policy: "test"}, nil
}

func (d *door) Foresee(ctx context.Context, caller access.Principal, q api.Question) (api.Decision, error) {
	return d.Decide(ctx, caller, q)
}

func (d *door) Record(_ context.Context, e api.Entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails[e.Operation] {
		return fmt.Errorf("the journal is full")
	}
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

func (l *ledger) Origin(_ context.Context, id string) (string, []string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var users []string
	if asked := l.commands[id].Approvals; asked != nil {
		if err := json.Unmarshal(asked, &users); err != nil {
			return "", nil, err
		}
	}
	return l.commands[id].Function, users, nil
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
	moved        chan struct{}
	behind       bool // never reaches a block
	standing     projection.Standing
	loans        []projection.Loan
	history      []projection.Step
	parties      []projection.Held[party.State]
	mandates     []projection.Held[mandate.State]
	instructions []projection.Held[custody.Instruction]
	suspended    []projection.Held[custody.Suspense]
	accounts     []projection.Held[custody.Account]
	days         []projection.Held[custody.Day]
	members      []projection.Member
	regimes      []projection.Regime
	freezes      []projection.Held[wire.PlatformFreeze]
	entries      []projection.Held[wire.Anchored]
	logs         []projection.Held[evidence.LogState]
	feed         []projection.Entry
	failAfter    string // a page after this cursor fails
	beforePage   func(after string)
}

func (b *books) Reach(ctx context.Context, _ uint64) error {
	if b.behind {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (b *books) Standing(context.Context) (projection.Standing, error) { return b.standing, nil }

func (b *books) Moved() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.moved == nil {
		b.moved = make(chan struct{})
	}
	return b.moved
}

// page cuts a page out of a list in its own order; a cursor is the position of the last item.
func page[T any](all []T, p projection.Page, keep func(T) bool) (projection.List[T], error) {
	list := projection.List[T]{Items: []T{}}
	after := 0
	if p.After != "" {
		var err error
		if after, err = strconv.Atoi(p.After); err != nil {
			return list, fault.In(fault.InvalidField, "after")
		}
	}
	last := after
	for i := after; i < len(all); i++ {
		if keep != nil && !keep(all[i]) {
			continue
		}
		if len(list.Items) == p.Limit {
			list.Next = strconv.Itoa(last)
			break
		}
		list.Items, last = append(list.Items, all[i]), i+1
	}
	return list, nil
}

func find[T any](all []T, what string, is func(T) bool) (T, error) {
	if at := slices.IndexFunc(all, is); at >= 0 {
		return all[at], nil
	}
	var zero T
	return zero, fault.In(fault.NotFound, what)
}

func held[S any](all []projection.Held[S], collection, id string) (projection.Held[S], error) {
	return find(all, "record", func(h projection.Held[S]) bool { return h.ID == id && h.Collection == collection })
}

func either(filter, value string) bool { return filter == "" || filter == value }

func (b *books) Loans(_ context.Context, f projection.LoanFilter, p projection.Page) (projection.List[projection.Loan], error) {
	if b.beforePage != nil {
		b.beforePage(p.After)
	}
	if b.failAfter != "" && p.After == b.failAfter {
		return projection.List[projection.Loan]{}, fmt.Errorf("the database went away")
	}
	return page(b.loans, p, func(l projection.Loan) bool {
		lends := func(a loan.Allocation) bool { return a.Lender == f.Lender }
		if f.Lender != "" && (l.Funding == nil || !slices.ContainsFunc(l.Funding.Allocations, lends)) {
			return false
		}
		return either(f.Borrower, l.Terms.Borrower) && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, l.State.Status))
	})
}

func (b *books) Loan(_ context.Context, id string) (projection.Loan, error) {
	return find(b.loans, "loan", func(l projection.Loan) bool { return l.Terms.ID == id })
}

func (b *books) LoanHistory(_ context.Context, _ string, p projection.Page) (projection.List[projection.Step], error) {
	return page(b.history, p, nil)
}

func (b *books) Parties(_ context.Context, _ projection.PartyFilter, p projection.Page) (projection.List[projection.Held[party.State]], error) {
	return page(b.parties, p, nil)
}

func (b *books) Party(_ context.Context, collection, handle string) (projection.Held[party.State], error) {
	return held(b.parties, collection, handle)
}

func (b *books) Mandates(_ context.Context, f projection.MandateFilter, p projection.Page) (projection.List[projection.Held[mandate.State]], error) {
	return page(b.mandates, p, func(h projection.Held[mandate.State]) bool { return either(f.Party, h.State.Party) })
}

func (b *books) Mandate(_ context.Context, collection, handle string) (projection.Held[mandate.State], error) {
	return held(b.mandates, collection, handle)
}

func (b *books) Instructions(_ context.Context, f projection.InstructionFilter, p projection.Page) (projection.List[projection.Held[custody.Instruction]], error) {
	return page(b.instructions, p, func(h projection.Held[custody.Instruction]) bool {
		return either(f.Party, h.State.Party) && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, h.State.Status))
	})
}

func (b *books) Instruction(_ context.Context, collection, handle string) (projection.Held[custody.Instruction], error) {
	return held(b.instructions, collection, handle)
}

func (b *books) Suspended(_ context.Context, _ projection.SuspenseFilter, p projection.Page) (projection.List[projection.Held[custody.Suspense]], error) {
	return page(b.suspended, p, nil)
}

func (b *books) Accounts(_ context.Context, f projection.AccountFilter, p projection.Page) (projection.List[projection.Held[custody.Account]], error) {
	return page(b.accounts, p, func(h projection.Held[custody.Account]) bool { return either(f.Party, h.ID) })
}

func (b *books) Account(_ context.Context, collection, handle string) (projection.Held[custody.Account], error) {
	return held(b.accounts, collection, handle)
}

func (b *books) Day(_ context.Context, custodian string) (projection.Held[custody.Day], error) {
	return held(b.days, "", custodian)
}

func (b *books) Members(_ context.Context, p projection.Page) (projection.List[projection.Member], error) {
	return page(b.members, p, nil)
}

func (b *books) Regimes(_ context.Context, p projection.Page) (projection.List[projection.Regime], error) {
	return page(b.regimes, p, nil)
}

func (b *books) Regime(_ context.Context, id string) (projection.Regime, error) {
	return find(b.regimes, "regime", func(r projection.Regime) bool { return r.ID == id })
}

func (b *books) Freezes(_ context.Context, p projection.Page) (projection.List[projection.Held[wire.PlatformFreeze]], error) {
	return page(b.freezes, p, nil)
}

func (b *books) EvidenceEntries(_ context.Context, f projection.EvidenceFilter, p projection.Page) (projection.List[projection.Held[wire.Anchored]], error) {
	return page(b.entries, p, func(h projection.Held[wire.Anchored]) bool {
		return either(f.Member, h.State.Member) && either(f.Digest, h.State.Entry.Digest)
	})
}

func (b *books) EvidenceLog(_ context.Context, member string) (projection.Held[evidence.LogState], error) {
	return held(b.logs, "", member)
}

// FeedEnd is the number of the last event.
func (b *books) FeedEnd(context.Context) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.feed)), nil
}

func (b *books) Feed(_ context.Context, after int64, limit int, f projection.FeedFilter) ([]projection.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list, err := page(b.feed, projection.Page{Limit: limit}, func(e projection.Entry) bool {
		return e.Sequence > after && (len(f.Types) == 0 || slices.Contains(f.Types, e.Type))
	})
	return list.Items, err
}

// happen adds events to the feed and wakes who follows it.
func (b *books) happen(types ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range types {
		n := len(b.feed) + 1
		kind, _, _ := strings.Cut(name, ".")
		b.feed = append(b.feed, projection.Entry{
			Sequence: int64(n), Type: name, Kind: kind, Subject: handle(n), Block: uint64(n), TxID: "tx" + handle(n),
			At: time.Unix(int64(n), 0).UTC(), Payload: projection.Payload{Order: "one\ntwo"},
		})
	}
	if b.moved != nil {
		close(b.moved)
		b.moved = nil
	}
}

// handle is the n-th handle of a test.
func handle(n int) string { return fmt.Sprintf("%032x", n) }

// loanID is the n-th loan's id.
func loanID(n int) string { return wire.LoanID("lending", "harbor", handle(n)) }

// text makes a long text.
func text(n int) string { return strings.Repeat("a", n) }
