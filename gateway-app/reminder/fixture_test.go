package reminder_test

import (
	"context"
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
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/mail"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reminder"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

const (
	custodian = "meridian"
	zhang     = "0000000000000000000000000000000a" // a borrower with an address
	jane      = "0000000000000000000000000000000b" // one who reads English
	nameless  = "0000000000000000000000000000000c" // one without an address
)

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// books are loans as the ledger would leave them, and a business day that a test opens.
type books struct {
	mu    sync.Mutex
	today calendar.Date
	whole bool
	loans []projection.Loan
	moved chan struct{}
}

func newBooks() *books { return &books{whole: true, moved: make(chan struct{})} }

func (b *books) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
	close(b.moved)
	b.moved = make(chan struct{})
}

// open opens a business day.
func (b *books) open(on calendar.Date) { b.change(func() { b.today = on }) }

// lend pays out 12,000 yuan over twelve months, without interest, so that 1,000 fall due each month.
func (b *books) lend(n int, borrower string, start calendar.Date) string {
	id := "lending/harbor/" + handle(n)
	plan := schedule.Terms{
		PrincipalMinor: 1_200_000, Instalments: 12, Method: schedule.EqualPrincipal, DayCount: calendar.Actual365, Start: start,
		MonthEnd: calendar.Clamp,
	}
	b.change(func() {
		b.loans = append(b.loans, projection.Loan{
			Held: projection.Held[loan.State]{ID: id, State: loan.State{
				ID: id, Platform: "harbor", Custodian: custodian, Borrower: borrower, Status: loan.Active,
				PrincipalMinor: plan.PrincipalMinor, PenaltyRatePPM: 365_000, Plan: &plan,
			}},
			Terms: loan.Terms{ID: id, Currency: "CNY"},
		})
	})
	return id
}

func handle(n int) string {
	const digits = "0123456789abcdef"
	text := []byte("00000000000000000000000000000000")
	for i := len(text) - 1; n > 0; n, i = n/16, i-1 {
		text[i] = digits[n%16]
	}
	return string(text)
}

// pay books principal on a loan.
func (b *books) pay(id string, yuan int64, on calendar.Date) {
	b.change(func() {
		s := &b.find(id).State
		s.Receipts = append(s.Receipts, loan.Seen{ValueDate: on, PrincipalMinor: money.Minor(100 * yuan)})
		s.Paid.PrincipalMinor += money.Minor(100 * yuan)
	})
}

func (b *books) find(id string) *projection.Loan {
	at := slices.IndexFunc(b.loans, func(l projection.Loan) bool { return l.State.ID == id })
	if at < 0 {
		return nil
	}
	return &b.loans[at]
}

func (b *books) Day(_ context.Context, who string) (projection.Held[custody.Day], error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.today.IsZero() || who != custodian {
		return projection.Held[custody.Day]{}, fault.In(fault.NotFound, "custodian")
	}
	return projection.Held[custody.Day]{State: custody.Day{Custodian: custodian, Date: b.today, Open: true}}, nil
}

func (b *books) Loan(_ context.Context, id string) (projection.Loan, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if found := b.find(id); found != nil {
		return *found, nil
	}
	return projection.Loan{}, fault.In(fault.NotFound, "loan")
}

func (b *books) LoansDue(_ context.Context, f projection.LoanDueFilter, _ projection.Page) (projection.List[projection.LoanDue], error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list projection.List[projection.LoanDue]
	for _, l := range b.loans {
		rest, err := repayment.Rest(l.State)
		if err != nil {
			return list, err
		}
		if len(rest) > 0 && rest[0].Due <= f.DueThrough && f.Platform == l.State.Platform && f.Custodian == l.State.Custodian {
			list.Items = append(list.Items, projection.LoanDue{Loan: l.State.ID, Borrower: l.State.Borrower, DueOn: rest[0].Due})
		}
	}
	return list, nil
}

func (b *books) Standing(context.Context) (projection.Standing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.whole {
		return projection.Standing{Block: 1, Reached: 1}, nil
	}
	return projection.Standing{Block: 0, Reached: 1}, nil
}

func (b *books) Moved() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.moved
}

// clock is a wall clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) set(text string) {
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err) // the test's own text
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at.Add(-8 * time.Hour) // Shanghai's
}

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// office is a platform that reminds.
type office struct {
	*reminder.Reminders
	t        testing.TB
	db       *store.DB
	books    *books
	clock    *clock
	people   *person.People
	feed     *notice.Feed
	log      *accesslog.Log
	vault    *vault.Vault
	folder   string
	settings reminder.Settings
}

func newOffice(t testing.TB, db *store.DB, smtp *mail.Settings) *office {
	t.Helper()
	o := &office{t: t, db: db, clock: &clock{}, folder: t.TempDir(), settings: settings(smtp), books: newBooks()}
	if err := vault.Create(o.masterPath()); err != nil {
		t.Fatal(err)
	}
	o.stand()
	o.clock.set("2026-03-29 10:00")
	o.person(zhang, 2, "zhang@example.org")
	o.person(jane, 3, "jane@example.org")
	o.person(nameless, 4, "")
	o.restart()
	return o
}

func settings(smtp *mail.Settings) reminder.Settings {
	return reminder.Settings{Name: "Harbor", PublicURL: "https://harbor.example", SMTP: smtp}
}

// stand opens what the reminders stand on.
func (o *office) stand() {
	o.t.Helper()
	master, err := vault.Load(o.masterPath())
	if err != nil {
		o.t.Fatal(err)
	}
	if o.vault, err = vault.New(o.t.Context(), o.db, master, vault.AESGCM); err != nil {
		o.t.Fatal(err)
	}
	o.people, o.feed, o.log = person.New(o.db, o.vault), notice.New(o.db), accesslog.New(o.db, "harbor", nil, nil)
}

// person keeps a record of a borrower, whose number is the n-th of those born on one day.
func (o *office) person(handle string, n int, email string) {
	o.t.Helper()
	digits, sum := fmt.Sprintf("11010519491231%03d", n), 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += weight * int(digits[i]-'0')
	}
	fields := person.Fields{Name: "张三", IdentityNumber: digits + string("10X98765432"[sum%11]), Email: email}
	if _, err := o.people.Create(o.t.Context(), handle, party.Natural, fields); err != nil {
		o.t.Fatal(err)
	}
}

// restart is the process that comes after one that ended.
func (o *office) restart() { o.Reminders = o.process("first") }

func (o *office) process(name string) *reminder.Reminders { o.t.Helper(); return o.made(name, o.books) }

// over is another process, over other books.
func (o *office) over(b reminder.Books) *reminder.Reminders { o.t.Helper(); return o.made("second", b) }

func (o *office) made(name string, b reminder.Books) *reminder.Reminders {
	o.t.Helper()
	made, err := reminder.New(reminder.Parts{
		Store: o.db, Vault: o.vault, Books: b, People: o.people, Log: o.log, Feed: o.feed,
	}, o.settings, reminder.Conduct{
		Member: "harbor", Process: name, Pairs: []projection.Pair{{Platform: "harbor", Custodian: custodian}},
		Poll: 20 * time.Millisecond, Lease: 3 * time.Second, Now: o.clock.Now,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

// turn does all that there is to do now.
func (o *office) turn() {
	o.t.Helper()
	for {
		more, err := o.Turn(o.t.Context())
		if err != nil {
			o.t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// list is every reminder.
func (o *office) list(f reminder.Filter) []reminder.Reminder {
	o.t.Helper()
	list, err := o.List(o.t.Context(), f, 0, 1000, false)
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// told are the types of the notices so far.
func (o *office) told() []string {
	o.t.Helper()
	entries, err := o.feed.List(o.t.Context(), 0, 1000, notice.Filter{})
	if err != nil {
		o.t.Fatal(err)
	}
	types := []string{}
	for _, e := range entries {
		types = append(types, e.Type)
	}
	return types
}
