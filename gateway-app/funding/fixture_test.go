package funding

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

var (
	pair   = Pair{Collection: "harbor-meridian", Platform: "harbor", Custodian: "meridian"}
	today  = calendar.NewDate(2026, 3, 2)
	harbor = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
)

var errKilled = errors.New("killed")

// exchange is the ledger of a platform and its custodian, and its read model. What the contract would
// decide on a funding, core decides here.
type exchange struct {
	t  testing.TB
	mu sync.Mutex

	day       custody.Day
	market    Market
	loans     map[string]projection.Loan
	keys      map[string]*keys.Key
	digests   []string
	fundings  map[string]int // how often a loan was funded
	expired   []string
	seen      map[string]outbox.Outcome
	sent      int
	dieAt     int
	handles   int
	requested []string
}

func newExchange(t testing.TB) *exchange {
	t.Helper()
	return &exchange{
		t: t, day: custody.Day{Custodian: "meridian", Date: today, Open: true}, loans: map[string]projection.Loan{},
		keys: map[string]*keys.Key{}, fundings: map[string]int{}, seen: map[string]outbox.Outcome{},
		market: Market{
			Parties: map[string]party.State{}, CashMinor: map[string]money.Minor{}, IdleSince: map[string]calendar.Date{},
			Packs: map[string]regime.Pack{"cn-2026": {ID: "cn-2026", Rules: regime.Rules{Currency: money.CNY, MinKYCLevel: 1, FundingDays: 3}}},
		},
	}
}

// handle is the next of a row of handles, so that a test's order by id is known.
func (x *exchange) handle() string {
	x.handles++
	return fmt.Sprintf("%032x", x.handles)
}

func (x *exchange) person() string {
	x.t.Helper()
	key, err := keys.Generate(party.P256)
	if err != nil {
		x.t.Fatal(err)
	}
	id := x.handle()
	x.keys[id] = key
	x.market.Parties[id] = party.State{
		Handle: id, Platform: "harbor", Custodian: "meridian", Kind: party.Natural, KYCLevel: 2, Expires: today.AddDays(300),
		Keys:             []party.HeldKey{{Key: key.PublicKey(), Sequence: 1, From: today.AddDays(-30)}},
		PlatformAttested: today.AddDays(-30), CustodianAttested: today.AddDays(-30),
	}
	return id
}

// lender has cash and a mandate that lets it bring all of it to one loan.
func (x *exchange) lender(cash money.Minor, idleDays int) (id, mandateID string) {
	x.t.Helper()
	id, mandateID = x.person(), x.handle()
	x.market.CashMinor[id], x.market.IdleSince[id] = cash, today.AddDays(-idleDays)
	x.market.Mandates = append(x.market.Mandates, mandate.State{
		Terms: mandate.Terms{
			Handle: mandateID, Party: id, Platform: "harbor", Custodian: "meridian", Purpose: mandate.Invest, Currency: money.CNY,
			TotalMinor: 100 * cash, Expires: today.AddDays(200), PerLoanMinor: cash, MinRatePPM: 50_000, MaxInstalments: 24,
			MaxShareOfLoanPPM: money.Million,
		},
		Registered: today.AddDays(-20), Confirmed: today.AddDays(-20),
	})
	return id, mandateID
}

// cleared is a loan that waits for money.
func (x *exchange) cleared(principal money.Minor, rate money.PPM) string {
	x.t.Helper()
	borrower, salt := x.person(), lane.Random(32)
	terms := loan.Terms{
		Version: 1, ID: wire.LoanID("lending", "harbor", x.handle()), Platform: "harbor", Custodian: "meridian", Borrower: borrower,
		Project: x.handle(), Regime: "cn-2026", Currency: money.CNY, PrincipalMinor: principal, RatePPM: rate, Instalments: 12,
		Method: schedule.EqualInstalment, DayCount: calendar.Actual365, MonthEnd: calendar.Clamp, Salt: salt,
	}
	until := today.AddDays(10)
	l := projection.Loan{Terms: terms}
	l.Collection, l.ID = pair.Collection, terms.ID
	l.State = loan.State{
		ID: terms.ID, Platform: "harbor", Custodian: "meridian", Borrower: borrower, Regime: "cn-2026", Status: loan.Cleared,
		Commitment: terms.Commitment(), PrincipalMinor: principal, ExpiresOn: until,
		Clearance: &loan.Clearance{Handle: x.handle(), Digest: "d", ExpiresOn: until},
	}
	x.loans[terms.ID] = l
	return terms.ID
}

// sign is a borrower's signature of a proposal, over what the proposal shows.
func (x *exchange) sign(p Proposal) Signature {
	x.t.Helper()
	statement, err := base64.StdEncoding.DecodeString(p.Statement)
	if err != nil {
		x.t.Fatal(err)
	}
	raw, err := x.keys[p.Borrower].Sign(statement)
	if err != nil {
		x.t.Fatal(err)
	}
	return Signature{Loan: p.Loan, Signature: base64.StdEncoding.EncodeToString(raw)}
}

func (x *exchange) Market(context.Context, Pair) (Market, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	m := x.market
	date, err := x.day.Require()
	if err != nil {
		return m, err
	}
	m.On = date
	for _, l := range x.loans {
		switch {
		case l.State.Status == loan.Cleared:
			m.Cleared = append(m.Cleared, l)
		case slices.Contains(lentStatuses(), l.State.Status):
			m.Lent = append(m.Lent, l)
		}
	}
	m.Holds, m.Mandates = slices.Clone(m.Holds), slices.Clone(m.Mandates)
	return m, nil
}

func (x *exchange) Party(_ context.Context, _, handle string) (party.State, error) {
	p, known := x.market.Parties[handle]
	if !known {
		return p, fault.In(fault.NotFound, "party")
	}
	return p, nil
}

func (x *exchange) Mandate(_ context.Context, _, handle string) (mandate.State, error) {
	for _, m := range x.market.Mandates {
		if m.Handle == handle {
			return m, nil
		}
	}
	return mandate.State{}, fault.In(fault.NotFound, "mandate")
}

func (x *exchange) Loan(_ context.Context, id string) (projection.Loan, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l, known := x.loans[id]
	if !known {
		return l, fault.In(fault.NotFound, "loan")
	}
	return l, nil
}

func (x *exchange) Day(context.Context, string) (custody.Day, error) { return x.day, nil }
func (x *exchange) Reach(context.Context, uint64) error              { return nil }
func (x *exchange) CatchUp(context.Context) error                    { return nil }

// Do takes a command as the outbox does: under an id that it has seen it answers what it answered, and where
// the test says so the process dies behind it.
func (x *exchange) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	out, again := x.seen[c.ID]
	if !again {
		x.requested = append(x.requested, c.Function)
		out = x.run(c)
		x.seen[c.ID] = out
	}
	if x.sent++; x.sent == x.dieAt {
		return outbox.Outcome{}, errKilled
	}
	return out, nil
}

func (x *exchange) run(c outbox.Command) outbox.Outcome {
	switch c.Function {
	case "Loan:Fund":
		return each(x, c, x.fund)
	case "Loan:Expire":
		return each(x, c, func(item wire.LoanRef) error {
			x.expired = append(x.expired, item.Loan)
			x.step(item.Loan, loan.Event{Kind: loan.ActExpire, On: x.day.Date})
			return nil
		})
	}
	return each(x, c, func(e evidence.Entry) error {
		if e.Phase != evidence.PhaseDecision || slices.Contains(x.digests, e.Digest) {
			return fault.New(fault.AlreadyExists)
		}
		x.digests = append(x.digests, e.Digest)
		return nil
	})
}

func each[T any](x *exchange, c outbox.Command, apply func(T) error) outbox.Outcome {
	var items []T
	if err := json.Unmarshal(c.Items, &items); err != nil {
		x.t.Fatal(err)
	}
	out := outbox.Outcome{ID: c.ID, Status: outbox.Committed, Block: uint64(len(x.seen) + 1), TxID: wire.Digest([]byte(c.ID))}
	for i, item := range items {
		if err := apply(item); err != nil {
			out.Answer.Refused = append(out.Answer.Refused, fault.Of(err).At(i))
			continue
		}
		out.Answer.Applied++
	}
	if out.Answer.Applied == 0 {
		return outbox.Outcome{ID: c.ID, Status: outbox.Refused, Fault: out.Answer.Refused[0]}
	}
	return out
}

func (x *exchange) step(id string, e loan.Event) {
	l := x.loans[id]
	l.State = loan.Apply(l.State, e)
	x.loans[id] = l
}

func (x *exchange) fund(item wire.FundLoan) error {
	l := x.loans[item.Loan]
	command := loan.Fund{
		Terms: l.Terms, Pack: x.market.Packs["cn-2026"], Borrower: x.market.Parties[l.Terms.Borrower], Actor: harbor, On: x.day.Date,
		BorrowerSignature: item.BorrowerSignature, PublishedClearance: "d",
	}
	for _, a := range item.Allocations {
		m, _ := x.Mandate(context.Background(), "", a.Mandate)
		command.Lenders = append(command.Lenders, loan.Lender{Allocation: a, Party: x.market.Parties[a.Lender], Mandate: m})
	}
	events, err := loan.Decide(l.State, command, harbor, x.day.Date)
	if err != nil {
		return err
	}
	x.fundings[item.Loan]++
	x.step(item.Loan, events[0])
	l = x.loans[item.Loan]
	l.Funding = &loan.Funding{Loan: item.Loan, Allocations: item.Allocations}
	x.loans[item.Loan] = l
	for _, a := range item.Allocations {
		x.market.Holds = append(x.market.Holds, custody.Instruction{
			Handle: a.Hold, Kind: custody.Hold, Status: custody.Instructed, Party: a.Lender, Loan: item.Loan, Mandate: a.Mandate,
			AmountMinor: a.PrincipalMinor,
		})
	}
	return nil
}

// office is one process of the platform.
func (x *exchange) office(db *store.DB, process string, change ...func(*Settings)) *Funding {
	x.t.Helper()
	path := filepath.Join(x.t.(interface{ TempDir() string }).TempDir(), "master.key")
	if err := vault.Create(path); err != nil {
		x.t.Fatal(err)
	}
	master, err := vault.Load(path)
	if err != nil {
		x.t.Fatal(err)
	}
	sealer, err := vault.New(context.Background(), db, master, vault.AESGCM)
	if err != nil {
		x.t.Fatal(err)
	}
	return x.second(db, sealer, process, change...)
}

// second is another process under the same master key.
func (x *exchange) second(db *store.DB, sealer *vault.Vault, process string, change ...func(*Settings)) *Funding {
	settings := Settings{
		Pairs: []Pair{pair}, Process: process, Poll: time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&settings)
	}
	return New(db, sealer, x, x, settings)
}

// classify gives every lender the class.
func (x *exchange) classify(db *store.DB, class int) {
	x.t.Helper()
	err := db.Write(context.Background(), func(tx *sql.Tx) error {
		for _, m := range x.market.Mandates {
			const insert = `INSERT INTO suitability (id, party, version, answers, points, class, assessed_on, through, assessed_at)
				VALUES ($1, $2, 'test', NULL, 0, $3, $4, $5, $6)`
			if _, err := tx.Exec(insert, lane.Random(16), m.Party, class, today.String(), today.AddDays(365).String(), store.Time(time.Now())); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

// worked does all that can be done, and answers the run.
func worked(t *testing.T, f *Funding, handle string) Result {
	t.Helper()
	if err := f.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	result, err := f.Result(t.Context(), handle)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// signAll has every borrower sign, and wants every signature taken.
func (x *exchange) signAll(t *testing.T, f *Funding, r Result) {
	t.Helper()
	var signatures []Signature
	for _, p := range r.Proposals {
		signatures = append(signatures, x.sign(p))
	}
	answers, err := f.Sign(t.Context(), r.Handle, signatures)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if a.Status != ProposalSigned || a.Code != "" {
			t.Errorf("%+v", a)
		}
	}
}

func started(t *testing.T, f *Funding) Run {
	t.Helper()
	run, err := f.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return run
}
