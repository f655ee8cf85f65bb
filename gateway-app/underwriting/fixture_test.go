package underwriting_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

var today = calendar.NewDate(2026, 11, 20)

// world is what a desk stands in: a ledger, records of people, and an evidence log.
type world struct {
	t    *testing.T
	db   *store.DB
	desk *underwriting.Desk
	now  time.Time

	mu      sync.Mutex
	loans   []projection.Loan
	parties map[string]party.State
	people  map[string]person.Record
	log     []evidence.Entry
	sent    int
	refuse  error // what the ledger says instead
	calls   int   // of the desk, for request ids
}

func newWorld(t *testing.T, db *store.DB, change ...func(*underwriting.Settings)) *world {
	t.Helper()
	w := &world{
		t: t, db: db, now: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC),
		parties: map[string]party.State{}, people: map[string]person.Record{},
	}
	settings := underwriting.Settings{
		Member: "harbor", Custodian: "meridian", Collections: []string{"harbor-meridian"}, Process: "test", Now: func() time.Time { return w.now },
	}
	for _, c := range change {
		c(&settings)
	}
	path := filepath.Join(t.TempDir(), "master.pem")
	w.done(vault.Create(path))
	master, err := vault.Load(path)
	w.done(err)
	v, err := vault.New(t.Context(), db, master, vault.AESGCM)
	w.done(err)
	w.desk = underwriting.New(db, v, w, w, w, settings)
	w.done(w.desk.BeginWithModels(t.Context()))
	return w
}

func (w *world) done(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) Party(_ context.Context, _, handle string) (projection.Held[party.State], error) {
	s, found := w.parties[handle]
	if !found {
		return projection.Held[party.State]{}, fault.In(fault.NotFound, "party")
	}
	return projection.Held[party.State]{ID: handle, State: s}, nil
}

func (w *world) Loans(_ context.Context, f projection.LoanFilter, _ projection.Page) (projection.List[projection.Loan], error) {
	var list projection.List[projection.Loan]
	for _, l := range w.loans {
		if f.Borrower == "" || f.Borrower == l.Terms.Borrower {
			list.Items = append(list.Items, l)
		}
	}
	return list, nil
}

func (w *world) Day(context.Context, string) (projection.Held[custody.Day], error) {
	return projection.Held[custody.Day]{State: custody.Day{Custodian: "meridian", Date: today, Open: true}}, nil
}

func (w *world) FindParty(_ context.Context, handle string) (person.Record, error) {
	r, found := w.people[handle]
	if !found {
		return r, fault.In(fault.NotFound, "person")
	}
	return r, nil
}

// Processing refuses whose record is restricted.
func (w *world) Processing(_ context.Context, _ *sql.Tx, handle string) error {
	if w.people[handle].Status == person.Restricted {
		return fault.In(fault.ProcessingRestricted, "party")
	}
	return nil
}

// Restricted are all of them.
func (w *world) Restricted(context.Context) (map[string]bool, error) {
	restricted := map[string]bool{}
	for handle, r := range w.people {
		restricted[handle] = r.Status == person.Restricted
	}
	return restricted, nil
}

// Do appends to a log as the contract does: what stands already is refused, and what comes before is known.
func (w *world) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent++
	if w.refuse != nil {
		return outbox.Outcome{}, w.refuse
	}
	if c.Function != "Evidence:Append" || c.Mode != wire.Each || len(c.Lanes) != 1 || c.Lanes[0] != "evidence" {
		return outbox.Outcome{}, errors.New("that is no command of the evidence's lane")
	}
	var items []evidence.Entry
	if err := json.Unmarshal(c.Items, &items); err != nil {
		return outbox.Outcome{}, err
	}
	known := map[string]bool{}
	for _, e := range w.log {
		known[e.Digest] = true
	}
	outcome := outbox.Outcome{ID: c.ID, Status: outbox.Committed, TxID: "tx" + c.ID, Block: uint64(w.sent)}
	for i, e := range items {
		switch {
		case known[e.Digest]:
			outcome.Answer.Refused = append(outcome.Answer.Refused, fault.New(fault.AlreadyExists).At(i))
			continue
		case e.Previous != "" && !known[e.Previous]:
			outcome.Answer.Refused = append(outcome.Answer.Refused, fault.New(fault.PreviousUnknown).At(i))
			continue
		}
		known[e.Digest] = true
		w.log = append(w.log, e)
	}
	return outcome, nil
}

// handle is the n-th handle of a test.
func handle(n int) string { return fmt.Sprintf("%032x", n) }

// mark is the n-th digest of a test.
func mark(n int) string { return fmt.Sprintf("%064x", n) }

// good is an application of the n-th party that models and rules like.
func good(n int) underwriting.Application {
	return underwriting.Application{
		Party: handle(n), AmountMinor: 800_000, TermMonths: 36, Purpose: "education",
		Features: features(`{"annual_inc":120000,"emp_length":"emp_ge_10","verification_status":"Verified",
			"delinq_2yrs":0,"inq_last_6mths":0,"revol_util":12,"acc_now_delinq":0,"open_il_6m":1,"open_il_12m":0,"open_il_24m":0,
			"total_bal_il":2000,"all_util":20,"inq_fi":0,"inq_last_12m":0,"delinq_amnt":0,"num_il_tl":8,"total_il_high_credit_limit":30000}`),
	}
}

func features(text string) map[string]json.RawMessage {
	var f map[string]json.RawMessage
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&f); err != nil {
		panic(err)
	}
	return f
}

// apply decides one application under a request of its own.
func (w *world) apply(a underwriting.Application) underwriting.Decision {
	w.t.Helper()
	w.calls++
	decided, err := w.desk.Decide(w.t.Context(), fmt.Sprintf("request %d", w.calls), []underwriting.Application{a})
	w.done(err)
	return decided[0]
}

// signal is what the rules saw of an application under a name.
func (w *world) signal(d underwriting.Decision, name string) string {
	w.t.Helper()
	kept, err := d.Export()
	w.done(err)
	return string(kept.Inputs.Signals[name])
}

// lent is a loan of a borrower that was paid out on a date, and of which nothing was repaid.
func lent(n int, borrower string, project string, start calendar.Date, status loan.Status) projection.Loan {
	terms := loan.Terms{
		Version: 1, ID: wire.LoanID("lending", "harbor", handle(n)), Platform: "harbor", Custodian: "meridian", Borrower: borrower,
		Project: project, Regime: "cn-2026", Currency: "CNY", PrincipalMinor: 1_200_000, RatePPM: 120_000, Instalments: 12,
		Method: schedule.EqualInstalment, DayCount: calendar.Actual365, MonthEnd: calendar.Clamp,
	}
	plan := terms.Plan(start)
	s := loan.State{
		ID: terms.ID, Platform: "harbor", Custodian: "meridian", Borrower: borrower, Status: status,
		PrincipalMinor: terms.PrincipalMinor, Plan: &plan,
	}
	if status == loan.WrittenOff {
		s.WrittenOffOn = today
	}
	return projection.Loan{Held: projection.Held[loan.State]{ID: handle(n), State: s}, Terms: terms}
}
