package warning_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

const (
	platform  = "harbor"
	custodian = "meridian"
)

var lentOn = calendar.NewDate(2026, 1, 5)

// books are loans as the ledger would leave them, with a feed that is dense and the same after it is begun anew.
type books struct {
	mu     sync.Mutex
	day    map[string]calendar.Date
	loans  []projection.Loan
	feed   []projection.Entry
	hidden int // of the feed's last rows, while the model is rebuilt
	packs  []projection.Regime
	moved  chan struct{}
	broken error // what a read of a loan ends with
}

func newBooks() *books {
	b := &books{day: map[string]calendar.Date{custodian: lentOn}, moved: make(chan struct{})}
	b.adopt("reporting-1", calendar.NewDate(2024, 1, 1), byProbability()...)
	return b
}

func (b *books) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
	close(b.moved)
	b.moved = make(chan struct{})
}

func (b *books) adopt(id string, from calendar.Date, rules ...regime.Warning) {
	pack := regime.Pack{
		ID: id, AppliesTo: regime.Reports, EffectiveFrom: from, Reporting: &regime.Reporting{Warnings: rules},
		Approvals: []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: custodian, Kind: party.Custodian}},
	}
	b.change(func() {
		b.packs = append(b.packs, projection.Regime{Held: projection.Held[regime.Pack]{ID: id, State: pack}, Adopted: true})
	})
}

// open opens a business day.
func (b *books) open(on calendar.Date) { b.change(func() { b.day[custodian] = on }) }

// happen adds a row to the feed. It is called within change.
func (b *books) happen(kind, subject string) {
	of := platform
	if l := b.find(subject); l != nil {
		of = l.State.Platform
	}
	b.feed = append(b.feed, projection.Entry{Sequence: int64(len(b.feed)) + 1, Type: kind, Platform: of, Subject: subject})
}

// lend pays out 12,000 yuan over twelve months, without interest, so that 1,000 fall due each month.
func (b *books) lend(n int) string { return b.lendBy(platform, n) }

func (b *books) lendBy(platform string, n int) string {
	id := fmt.Sprintf("lending/%s/%032x", platform, n)
	plan := schedule.Terms{
		PrincipalMinor: 1_200_000, Instalments: 12, Method: schedule.EqualPrincipal, DayCount: calendar.Actual365, Start: lentOn,
		MonthEnd: calendar.Clamp,
	}
	b.change(func() {
		b.loans = append(b.loans, projection.Loan{
			Held: projection.Held[loan.State]{ID: id, State: loan.State{
				ID: id, Platform: platform, Custodian: custodian, Borrower: fmt.Sprintf("borrower-%d", n), Status: loan.Active,
				PrincipalMinor: plan.PrincipalMinor, Plan: &plan,
			}},
			Terms: loan.Terms{ID: id, Currency: "CNY", Grade: "B", Instalments: 12},
		})
		b.happen("loan.proposed", id)
		b.happen("loan.active", id)
	})
	return id
}

// pay books rows of principal on a loan.
func (b *books) pay(id string, rows int64, on calendar.Date) {
	b.change(func() {
		s := &b.find(id).State
		amount := money.Minor(100_000 * rows)
		s.Receipts = append(slices.Clone(s.Receipts), loan.Seen{ValueDate: on, PrincipalMinor: amount})
		s.Paid.PrincipalMinor += amount
		b.happen("repayment.received", id)
		if s.Outstanding() == 0 {
			s.Status = loan.Repaid
			b.happen("loan.repaid", id)
		}
	})
}

// writeOff gives a loan up.
func (b *books) writeOff(id string) {
	b.change(func() { b.find(id).State.Status = loan.WrittenOff; b.happen("loan.written_off", id) })
}

// bounce takes the last receipt back.
func (b *books) bounce(id string) {
	b.change(func() {
		s := &b.find(id).State
		s.Receipts = slices.Clone(s.Receipts)
		last := &s.Receipts[len(s.Receipts)-1]
		last.Reversed, s.Status = true, loan.Active
		s.Paid.PrincipalMinor -= last.PrincipalMinor
		b.happen("repayment.reversed", id)
		b.happen("loan.reopened", id)
	})
}

func (b *books) find(id string) *projection.Loan {
	at := slices.IndexFunc(b.loans, func(l projection.Loan) bool { return l.State.ID == id })
	if at < 0 {
		return nil
	}
	return &b.loans[at]
}

func (b *books) Feed(_ context.Context, after int64, limit int, f projection.FeedFilter) ([]projection.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []projection.Entry
	for _, e := range b.feed[:len(b.feed)-b.hidden] {
		if e.Sequence > after && slices.Contains(f.Types, e.Type) && len(found) < limit {
			found = append(found, e)
		}
	}
	return found, nil
}

func (b *books) FeedEnd(context.Context) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.feed) - b.hidden), nil
}

func (b *books) Moved() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.moved
}

func (b *books) Loan(_ context.Context, id string) (projection.Loan, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return projection.Loan{}, b.broken
	}
	if found := b.find(id); found != nil {
		return *found, nil
	}
	return projection.Loan{}, fault.In(fault.NotFound, "loan")
}

func (b *books) Loans(_ context.Context, f projection.LoanFilter, _ projection.Page) (projection.List[projection.Loan], error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found projection.List[projection.Loan]
	for _, l := range b.loans {
		if l.State.Platform == f.Platform {
			found.Items = append(found.Items, l)
		}
	}
	return found, nil
}

func (b *books) LoansDue(_ context.Context, f projection.LoanDueFilter, _ projection.Page) (projection.List[projection.LoanDue], error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found projection.List[projection.LoanDue]
	for _, l := range b.loans {
		rest, err := repayment.Rest(l.State)
		if err != nil {
			return found, err
		}
		if len(rest) > 0 && rest[0].Due <= f.DueThrough && f.Platform == l.State.Platform && slices.Contains(f.Statuses, l.State.Status) {
			found.Items = append(found.Items, projection.LoanDue{Loan: l.State.ID, DueOn: rest[0].Due})
		}
	}
	return found, nil
}

func (b *books) Days(context.Context, projection.Page) (projection.List[projection.Held[custody.Day]], error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found projection.List[projection.Held[custody.Day]]
	for who, on := range b.day {
		found.Items = append(found.Items, projection.Held[custody.Day]{State: custody.Day{Custodian: who, Date: on, Open: true}})
	}
	return found, nil
}

func (b *books) Regimes(context.Context, projection.Page) (projection.List[projection.Regime], error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return projection.List[projection.Regime]{Items: slices.Clone(b.packs)}, nil
}

// decided are what decisions gave borrowers.
type decided map[string]int64

func (d decided) ProbabilityOf(_ context.Context, borrower string) (int64, error) {
	return d[borrower], nil
}

// ledger takes commands, or refuses them.
type ledger struct {
	mu      sync.Mutex
	sent    []outbox.Command
	refuses error
}

func (l *ledger) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuses != nil {
		return outbox.Outcome{}, l.refuses
	}
	l.sent = append(l.sent, c)
	return outbox.Outcome{ID: c.ID, Status: outbox.Committed, TxID: "tx-" + c.ID, Block: 7}, nil
}

// tower is a platform that watches.
type tower struct {
	*warning.Watch
	t       testing.TB
	db      *store.DB
	books   *books
	decided decided
	feed    *notice.Feed
	ledger  *ledger
}

var clock = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)

func newTower(t testing.TB, db *store.DB) *tower {
	t.Helper()
	w := &tower{t: t, db: db, books: newBooks(), decided: decided{}, feed: notice.New(db), ledger: &ledger{}}
	w.Watch = w.process()
	return w
}

// process is a watch over the same books and database.
func (w *tower) process() *warning.Watch {
	return warning.New(w.db, w.books, w.decided, w.feed, w.ledger, warning.Settings{
		Platform: platform, Custodians: []string{custodian}, Gather: time.Millisecond, Now: func() time.Time { return clock },
	})
}

func (w *tower) done(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// catchUp turns until there is nothing more.
func (w *tower) catchUp() {
	w.t.Helper()
	for more := true; more; {
		var err error
		more, err = w.Turn(context.Background())
		w.done(err)
	}
}

// until opens every third day until a date, and refreshes on each.
func (w *tower) until(on calendar.Date) {
	w.t.Helper()
	w.books.mu.Lock()
	day := w.books.day[custodian]
	w.books.mu.Unlock()
	for day < on {
		day = min(day.AddDays(3), on)
		w.books.open(day)
		w.catchUp()
	}
}

func (w *tower) watched(id string) warning.Watched {
	w.t.Helper()
	l, err := w.Loan(context.Background(), id)
	w.done(err)
	return l
}

func (w *tower) warnings(f warning.Filter) []warning.Warning {
	w.t.Helper()
	f.Limit = 1000
	found, _, err := w.Warnings(context.Background(), f)
	w.done(err)
	return found
}

func (w *tower) told() []string {
	w.t.Helper()
	entries, err := w.feed.List(context.Background(), 0, 1000, notice.Filter{})
	w.done(err)
	var texts []string
	for _, e := range entries {
		texts = append(texts, e.Type)
	}
	return texts
}

func refused(t *testing.T, err error, code fault.Code, field string) {
	t.Helper()
	if f := fault.Of(err); err == nil || f.Code != code || f.Field != field {
		t.Errorf("got %v, want %s in %s", err, code, field)
	}
}

var errBroken = errors.New("broken off")

// byProbability are the shipped rules without the one that only counts days.
func byProbability() []regime.Warning {
	return slices.DeleteFunc(scenario.Reporting().Reporting.Warnings, func(w regime.Warning) bool { return w.ID == "long_past_due" })
}
