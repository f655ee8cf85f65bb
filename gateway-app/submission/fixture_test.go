package submission_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

const (
	harbor   = "harbor"
	meridian = "meridian"
)

var pairs = []projection.Pair{{Platform: harbor, Custodian: meridian}}

// books are a read model: what of a ledger one member has seen.
type books struct {
	mu       sync.Mutex
	closings []projection.Closing
	day      custody.Day
	ridge    custody.Day // the second custodian's, of the tests that have one
	unopened []string    // collections without opened books
	partial  bool        // the rows are being rebuilt
	packs    []regime.Pack
	loans    []projection.Loan
	steps    map[string][]projection.Step // by the loan's handle
	block    uint64
	moved    chan struct{}
}

func newBooks() *books {
	pack := scenario.Reporting().Pack()
	pack.Approvals = []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: meridian, Kind: party.Custodian}}
	return &books{packs: []regime.Pack{pack}, steps: map[string][]projection.Step{}, moved: make(chan struct{})}
}

func (b *books) move(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
	close(b.moved)
	b.moved = make(chan struct{})
}

// open opens a business day.
func (b *books) open(on calendar.Date) {
	b.move(func() {
		b.block++
		b.day = custody.Day{Custodian: meridian, Date: on, Open: true}
	})
}

// close closes the open day, as the projection does it: with the standing of the platform.
func (b *books) close() {
	b.move(func() {
		b.block++
		b.day.Open = false
		var positions []portfolio.Position
		for _, l := range b.loans {
			p, err := portfolio.PositionOf(l.State, l.Terms, []string{handle(900)})
			if err != nil {
				panic(err)
			}
			positions = append(positions, p)
		}
		closing := projection.Closing{Standing: portfolio.Measure(positions, harbor, meridian, b.day.Date), Block: b.block}
		if pack, inForce := regime.ReportingOn(b.packs, b.day.Date); inForce {
			closing.Regime, closing.RegimeDigest = pack.ID, digestOf(pack)
		}
		b.closings = append(b.closings, closing)
	})
}

// lend disburses the n-th loan on a day.
func (b *books) lend(n int, on calendar.Date) {
	terms := loan.Terms{
		Version: 1, ID: wire.LoanID("lending", harbor, handle(n)), Platform: harbor, Custodian: meridian, Borrower: handle(500 + n),
		Project: handle(700 + n), Regime: "sandbox-2016", Currency: "CNY", PrincipalMinor: 1_200_000, RatePPM: 120_000, Instalments: 12,
		Method: schedule.EqualInstalment, DayCount: calendar.Actual365, MonthEnd: calendar.Clamp,
	}
	plan := terms.Plan(on)
	b.move(func() {
		b.block++
		state := loan.Apply(loan.State{
			ID: terms.ID, Platform: harbor, Custodian: meridian, Borrower: terms.Borrower, Status: loan.Disbursing,
			PrincipalMinor: terms.PrincipalMinor, WeightsMinor: []money.Minor{terms.PrincipalMinor},
		}, loan.Event{Kind: loan.ActActivate, On: on, Plan: &plan})
		b.loans = append(b.loans, projection.Loan{
			Held: projection.Held[loan.State]{Collection: "harbor-meridian", ID: handle(n), State: state, Block: b.block}, Terms: terms,
		})
		propose := loan.Event{Kind: loan.ActPropose, Proposal: &loan.Proposal{
			ID: terms.ID, Platform: harbor, Custodian: meridian, Borrower: terms.Borrower, PrincipalMinor: terms.PrincipalMinor,
		}}
		b.record(handle(n), propose)
		b.record(handle(n), loan.Event{Kind: loan.ActFund, Weights: state.WeightsMinor})
		b.record(handle(n), loan.Event{Kind: loan.ActActivate, On: on, Plan: &plan})
	})
}

// record keeps a step of a loan's history.
func (b *books) record(id string, e loan.Event) {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	b.steps[id] = append(b.steps[id], projection.Step{Kind: string(e.Kind), Block: b.block, Event: text})
}

// writeOff writes the n-th loan of the list off.
func (b *books) writeOff(n int, on calendar.Date) {
	b.move(func() {
		b.block++
		l := &b.loans[n]
		e := loan.Event{Kind: loan.ActWriteOff, On: on}
		l.State, l.Block = loan.Apply(l.State, e), b.block
		b.record(l.ID, e)
	})
}

// copy is another member's read model that has seen the same.
func (b *books) copy() *books {
	b.mu.Lock()
	defer b.mu.Unlock()
	steps := map[string][]projection.Step{}
	for id, list := range b.steps {
		steps[id] = slices.Clone(list)
	}
	return &books{
		closings: slices.Clone(b.closings), day: b.day, ridge: b.ridge, packs: b.packs, loans: slices.Clone(b.loans), steps: steps, block: b.block,
		moved: make(chan struct{}),
	}
}

func (b *books) lock() func() {
	b.mu.Lock()
	return b.mu.Unlock
}

func (b *books) Closings(_ context.Context, f projection.ClosingFilter, page projection.Page) (projection.List[projection.Closing], error) {
	defer b.lock()()
	var list projection.List[projection.Closing]
	for _, c := range b.closings {
		if c.Platform == f.Platform && c.On >= f.From && len(list.Items) < page.Limit {
			list.Items = append(list.Items, c)
		}
	}
	return list, nil
}

func (b *books) LastClosing(_ context.Context, platform, custodian string, notAfter calendar.Date) (projection.Closing, error) {
	defer b.lock()()
	for _, c := range slices.Backward(b.closings) {
		if c.Platform == platform && c.Custodian == custodian && c.On <= notAfter {
			return c, nil
		}
	}
	return projection.Closing{}, fault.In(fault.NotFound, "closing")
}

func (b *books) Day(_ context.Context, custodian string) (projection.Held[custody.Day], error) {
	defer b.lock()()
	found := b.day
	if custodian == ridge {
		found = b.ridge
	}
	if found.Date.IsZero() {
		return projection.Held[custody.Day]{}, fault.In(fault.NotFound, "custodian")
	}
	return projection.Held[custody.Day]{State: found}, nil
}

func (b *books) Regimes(context.Context, projection.Page) (projection.List[projection.Regime], error) {
	defer b.lock()()
	var list projection.List[projection.Regime]
	for _, pack := range b.packs {
		list.Items = append(list.Items, projection.Regime{
			Held: projection.Held[regime.Pack]{ID: pack.ID, State: pack}, Digest: digestOf(pack), Adopted: true,
		})
	}
	return list, nil
}

func (b *books) LoansAt(_ context.Context, platform, custodian string, block uint64) iter.Seq2[projection.LoanAt, error] {
	return func(yield func(projection.LoanAt, error) bool) {
		defer b.lock()()
		if platform != harbor || custodian != meridian {
			return
		}
		for _, l := range b.loans {
			if at, err := b.loanAt(l, block); err != nil || at.Loan != "" {
				if !yield(at, err) {
					return
				}
			}
		}
	}
}

// loanAt folds what happened to a loan up to a block.
func (b *books) loanAt(l projection.Loan, block uint64) (projection.LoanAt, error) {
	var state loan.State
	for _, step := range b.steps[l.ID] {
		if step.Block > block {
			break
		}
		var e loan.Event
		if err := json.Unmarshal(step.Event, &e); err != nil {
			return projection.LoanAt{}, err
		}
		state = loan.Apply(state, e)
	}
	p, err := portfolio.PositionOf(state, l.Terms, nil)
	return projection.LoanAt{
		Loan: p.Loan, Status: p.Status, PrincipalMinor: p.PrincipalMinor, OutstandingMinor: p.OutstandingMinor, DueOn: p.DueOn,
	}, err
}

func (b *books) BooksOpened(_ context.Context, collection string) (bool, error) {
	defer b.lock()()
	return !slices.Contains(b.unopened, collection), nil
}

func (b *books) Standing(context.Context) (projection.Standing, error) {
	defer b.lock()()
	if b.partial {
		return projection.Standing{Block: 1, Reached: 2}, nil
	}
	return projection.Standing{}, nil
}

func (b *books) Moved() <-chan struct{} {
	defer b.lock()()
	return b.moved
}

// world is a platform and a regulator, each with a database and a read model of its own, and the ledger's evidence log.
type world struct {
	t         *testing.T
	own, seen *books // the platform's and the regulator's
	pairs     []projection.Pair
	open      int64 // statements that the regulator takes before its word
	daily     int64 // statements that it takes in a day
	platform  *submission.Platform
	regulator *submission.Regulator
	feeds     [2]*notice.Feed
	db        *store.DB // the platform's

	mu        sync.Mutex
	at        time.Time
	down      bool  // the regulator's app gives no answer
	refusal   error // its door refuses
	lost      bool  // it takes what comes, and its answer is lost
	outcome   error // the ledger's, instead of an answer
	commands  []outbox.Command
	anchored  []evidence.Entry
	delivered int
	whole     int // of these, contents
	asked     int // and questions
}

// newWorld opens both sides over two databases.
func newWorld(t *testing.T, platform, regulator *store.DB) *world {
	t.Helper()
	w := &world{t: t, own: newBooks(), pairs: pairs, db: platform, at: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)}
	w.seen = w.own // one ledger, until a test parts them
	w.feeds = [2]*notice.Feed{notice.New(platform), notice.New(regulator)}
	w.reopen(regulator)
	return w
}

// reopen starts both apps anew over the same databases.
func (w *world) reopen(regulator *store.DB) {
	settings := submission.Settings{
		Member: harbor, Pairs: w.pairs, Gather: 5 * time.Millisecond, Patience: 50 * time.Millisecond,
		OpenStatements: w.open, StatementsADay: w.daily, Now: w.now,
	}
	w.platform = submission.NewPlatform(w.db, w.own, w.feeds[0], w, w, settings)
	settings.Member = "authority"
	w.regulator = submission.NewRegulator(regulator, w.seen, w.feeds[1], settings)
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) later(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(by)
}

// Submit is the way to the regulator's app.
func (w *world) Submit(ctx context.Context, s submission.Sent) (submission.Record, error) {
	w.mu.Lock()
	down, lost := w.down, w.lost
	w.delivered++
	if s.Asks() {
		w.asked++
	} else {
		w.whole++
	}
	w.mu.Unlock()
	if down {
		return submission.Record{}, fault.New(fault.Unavailable)
	}
	if w.refusal != nil {
		return submission.Record{}, w.refusal
	}
	answer, err := w.regulator.Receive(ctx, harbor, s)
	if lost {
		return submission.Record{}, fault.New(fault.Unavailable)
	}
	return answer, err
}

// Do is the ledger's evidence log.
func (w *world) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commands = append(w.commands, c)
	var items []evidence.Entry
	if err := json.Unmarshal(c.Items, &items); err != nil {
		return outbox.Outcome{}, err
	}
	outcome := outbox.Outcome{ID: c.ID, Status: outbox.Committed, TxID: "tx" + c.ID, Block: 7}
	for i, e := range items {
		if slices.ContainsFunc(w.anchored, func(o evidence.Entry) bool { return o.Digest == e.Digest }) {
			outcome.Answer.Refused = append(outcome.Answer.Refused, fault.New(fault.AlreadyExists).At(i))
			continue
		}
		w.anchored = append(w.anchored, e)
	}
	return outcome, w.outcome
}

func (w *world) done(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// run runs both apps' tasks until something is true.
func (w *world) run(until func() bool) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer stop()
	var tasks sync.WaitGroup
	tasks.Go(func() { w.done(w.platform.Run(ctx, func(err error) { w.t.Log("platform:", err) })) })
	tasks.Go(func() { w.done(w.regulator.Run(ctx, func(err error) { w.t.Log("regulator:", err) })) })
	for !until() && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	if ctx.Err() != nil {
		w.t.Error("what was waited for did not come")
	}
	stop()
	tasks.Wait()
}

// told lists what a side's feed says, as "submission.received 1".
func (w *world) told(side int) []string {
	w.t.Helper()
	list, err := w.feeds[side].List(w.t.Context(), 0, 1_000, notice.Filter{})
	w.done(err)
	texts := make([]string, len(list))
	for i, n := range list {
		var said struct{ Version int64 }
		w.done(json.Unmarshal(n.Payload, &said))
		texts[i] = fmt.Sprintf("%s %d", n.Type, said.Version)
	}
	return texts
}

// last is the latest version of a statement at a side.
func (w *world) last(side interface {
	Last(ctx context.Context, platform, kind, period string) (submission.Record, error)
}, kind, period string,
) submission.Record {
	w.t.Helper()
	r, err := side.Last(w.t.Context(), harbor, kind, period)
	w.done(err)
	return r
}

func digestOf(p regime.Pack) string {
	digest, err := wire.PackDigest(p)
	if err != nil {
		panic(err)
	}
	return digest
}

func day(year, month, date int) calendar.Date { return calendar.NewDate(year, month, date) }

func handle(n int) string { return fmt.Sprintf("%032x", n) }

// packed is a statement's content.
func packed(text string) submission.Content {
	c, err := submission.PackBytes([]byte(text))
	if err != nil {
		panic(err)
	}
	return c
}

// refused is the code and the field of a refusal.
func refused(err error) string {
	if err == nil {
		return "no refusal"
	}
	f := fault.Of(err)
	return fmt.Sprintf("%s %s", f.Code, f.Field)
}
