package distribution_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/schedule"
)

var borrowerKey = func() *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return key
}()

// standing is a party that may do everything.
func standing(handle string, on calendar.Date) party.State {
	point, err := borrowerKey.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	key := party.Key{Algorithm: party.P256, Public: base64.StdEncoding.EncodeToString(point)}
	return party.State{
		Handle: handle, Platform: "harbor", Custodian: "meridian", Kind: party.Natural, KYCLevel: 2, Expires: day("2090-01-01"),
		PlatformAttested: on, CustodianAttested: on, AccountDigest: strings.Repeat("ab", 32), Keys: []party.HeldKey{{Key: key}},
	}
}

// signature is the borrower's, over a loan's commitment, in the low form that the ledger asks for.
func signature(s loan.State) string {
	hashed := sha256.Sum256(loan.CommitmentStatement(s.ID, s.Borrower, s.Commitment))
	raw, err := borrowerKey.Sign(nil, hashed[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(raw, &pair); err != nil {
		panic(err)
	}
	if n := elliptic.P256().Params().N; pair.S.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		pair.S.Sub(n, pair.S)
	}
	if raw, err = asn1.Marshal(pair); err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// decide runs a loan's command twice and demands one answer.
func (w *world) decide(c *contract, command loan.Command, actor party.Actor) error {
	return w.take(c, func() ([]loan.Event, error) { return loan.Decide(c.state, command, actor, w.on) })
}

// take applies what a decision answers. It demands that deciding again answers the same, that neither
// changes the state it is given, and that what the ledger would read back is what was applied.
func (w *world) take(c *contract, decision func() ([]loan.Event, error)) error {
	w.Helper()
	before := text(c.state)
	events, err := decision()
	again, errAgain := decision()
	if text(events) != text(again) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
		w.Fatalf("decided %s, %v and then %s, %v", text(events), err, text(again), errAgain)
	}
	if err != nil {
		return err
	}
	next := c.state
	for _, e := range events {
		from := next.Status
		next = loan.Apply(next, e)
		if !leads(from, e.Kind, next.Status) {
			w.Fatalf("%s led from %q to %q, which the table does not name", e.Kind, from, next.Status)
		}
	}
	if text(c.state) != before {
		w.Fatalf("applying %s changed its input", text(events))
	}
	var read loan.State
	if err := json.Unmarshal([]byte(text(next)), &read); err != nil {
		w.Fatal(err)
	}
	if text(read) != text(next) {
		w.Fatalf("the ledger reads\n%s\nand has\n%s", text(read), text(next))
	}
	for _, e := range events {
		w.post(c.state.Entry(e, c.lenders))
	}
	c.state, c.events = read, append(c.events, events...)
	return nil
}

// leads reports whether the table lets an action lead from one status to another.
func leads(from loan.Status, action loan.Action, to loan.Status) bool {
	return slices.ContainsFunc(loan.Transitions(), func(t loan.Transition) bool {
		return t.Action == action && slices.Contains(t.From, from) &&
			(slices.Contains(t.To, to) || len(t.To) == 0 && from == to)
	})
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// originate proposes, clears and funds a loan of one or more lenders, and asks for their holds.
func (w *world) originate() {
	if len(w.loans) == 3 {
		return
	}
	c := &contract{terms: w.drawTerms()}
	w.loans = append(w.loans, c)
	borrower := standing("borrower", w.on)
	w.must(w.decide(c, loan.Propose{Terms: c.terms, Pack: w.pack, Borrower: borrower, Actor: harbor, On: w.on}, harbor))
	w.must(w.decide(c, loan.Clear{Clearance: loan.Clearance{Handle: "clearance", Digest: "published", ExpiresOn: w.on.AddDays(10)}}, authority))
	fund := loan.Fund{
		Terms: c.terms, Pack: w.pack, Borrower: borrower, BorrowerSignature: signature(c.state),
		PublishedClearance: "published", Actor: harbor, On: w.on,
	}
	left := c.terms.PrincipalMinor
	for i, lender := range w.lenders {
		part := left
		if i < len(w.lenders)-1 {
			part = money.Minor(rapid.Int64Range(0, int64(left)).Draw(w.T, "part"))
		}
		if left -= part; part == 0 {
			continue
		}
		hold := fmt.Sprintf("hold-%s-%d", c.terms.ID, i)
		c.lenders, c.who = append(c.lenders, lender), append(c.who, i)
		fund.Lenders = append(fund.Lenders, loan.Lender{
			Allocation: loan.Allocation{Lender: lender, Mandate: w.mandates[i].Handle, Hold: hold, PrincipalMinor: part},
			Party:      standing(lender, w.on), Mandate: w.mandates[i],
		})
	}
	if w.decide(c, fund, harbor) != nil {
		return // beyond a mandate's limits
	}
	for _, l := range fund.Lenders {
		w.instruct(custody.Instruction{
			Handle: l.Allocation.Hold, Kind: custody.Hold, Party: l.Party.Handle, Loan: c.terms.ID, Mandate: l.Mandate.Handle,
			AmountMinor: l.Allocation.PrincipalMinor, ExpiresOn: c.state.ExpiresOn,
		}, harbor)
	}
}

func (w *world) drawTerms() loan.Terms {
	methods := []schedule.Method{schedule.EqualInstalment, schedule.EqualPrincipal, schedule.InterestOnly, schedule.Bullet}
	t := loan.Terms{
		Version: 1, ID: fmt.Sprintf("lending.harbor.%032d", len(w.loans)), Platform: "harbor", Custodian: "meridian",
		Borrower: "borrower", Project: "project", Regime: "sandbox", Currency: "CNY", PrincipalMinor: w.draw("principal", 5_000),
		RatePPM: 120_000, PenaltyRatePPM: 365_000, Instalments: rapid.IntRange(1, 5).Draw(w.T, "instalments"),
		Method: rapid.SampledFrom(methods).Draw(w.T, "method"), DayCount: calendar.Actual365, MonthEnd: calendar.Clamp,
		AgreementDigest: strings.Repeat("cd", 32), Salt: strings.Repeat("ef", 32),
	}
	if t.PrincipalMinor > 1_000 && rapid.Bool().Draw(w.T, "charged") {
		t.Charges = []schedule.Charge{
			{Payee: schedule.PayeePlatform, Basis: schedule.BasisPrincipal, PPM: 2_000},
			{Payee: schedule.PayeeCustodian, Basis: schedule.BasisInterest, PPM: 10_000},
		}
	}
	return t
}

// answerHold lets the custodian accept a hold, which may find no cash or no mandate, or refuse it.
func (w *world) answerHold() {
	holds := w.open(custody.Hold, custody.Instructed)
	at, ok := w.pick("hold", len(holds))
	if !ok {
		return
	}
	i := &w.instructions[holds[at]]
	c := w.loanOf(i.Loan)
	if rapid.IntRange(0, 9).Draw(w.T, "refusal") == 0 {
		w.must(w.custody(i, custody.Refuse{Reason: "closed", On: w.on, Actor: meridian}))
		return
	}
	lender := slices.Index(w.lenders, i.Party)
	use := c.terms.Use(loan.Allocation{Mandate: i.Mandate, Lender: i.Party, PrincipalMinor: i.AmountMinor}, meridian, w.on)
	used, err := mandate.Decide(w.mandates[lender], use)
	if err != nil || c.state.Status != loan.Collecting || c.state.Frozen != "" {
		return
	}
	if w.custody(i, custody.Accept{On: w.on, Actor: meridian}) != nil {
		return
	}
	w.mandates[lender] = mandate.Apply(w.mandates[lender], used[0])
	w.must(w.decide(c, loan.Hold{Instruction: i.Handle, AmountMinor: i.AmountMinor}, meridian))
}

// abandon cancels or expires a loan that was not paid out, and gives every hold back.
func (w *world) abandon() {
	c := w.some(func(c *contract) bool { return c.state.Status == loan.Collecting || c.state.Status == loan.Funded })
	if rapid.IntRange(0, 3).Draw(w.T, "abandoned") > 0 {
		return
	}
	if c == nil || w.decide(c, loan.Expire{On: w.on}, harbor) != nil && w.decide(c, loan.Cancel{Reason: "stale"}, meridian) != nil {
		return
	}
	for n := range w.instructions {
		i := &w.instructions[n]
		if i.Kind == custody.Hold && i.Loan == c.terms.ID && (i.Status == custody.Instructed || i.Status == custody.Accepted) {
			w.must(w.custody(i, custody.Cancel{On: w.on, Actor: meridian}))
		}
	}
}

// disburse pays a funded loan out: every hold is settled into the loan's clearing, and that to the
// borrower. A bank may also refuse.
func (w *world) disburse() {
	c := w.some(func(c *contract) bool { return c.state.Status == loan.Funded })
	if c == nil {
		return
	}
	command := loan.Disburse{Instruction: "disburse", Borrower: standing("borrower", w.on), On: w.on}
	if c.state.Frozen != "" {
		if w.decide(c, command, harbor) == nil {
			w.Fatal("a frozen loan was disbursed")
		}
		return
	}
	w.must(w.decide(c, command, harbor))
	if rapid.IntRange(0, 4).Draw(w.T, "refusal") == 0 {
		w.must(w.decide(c, loan.Return{Reason: "account_closed"}, meridian))
		return
	}
	for n := range w.instructions {
		if i := &w.instructions[n]; i.Kind == custody.Hold && i.Loan == c.terms.ID && i.Status == custody.Accepted {
			w.settle(i)
		}
	}
	out := w.instruct(custody.Instruction{Kind: custody.Disburse, Party: "borrower", Loan: c.terms.ID, AmountMinor: c.terms.PrincipalMinor}, harbor)
	w.must(w.custody(out, custody.Accept{On: w.on, Actor: meridian}))
	w.settle(out)
	w.must(w.decide(c, loan.Activate{Terms: c.terms, ValueDate: w.on}, meridian))
}

func (w *world) writeOff() {
	if c := w.some(func(c *contract) bool { return c.state.Status == loan.Active }); c != nil {
		days := w.overdueDays(c)
		if err := w.decide(c, loan.WriteOff{Reason: "lost", OverdueDays: days, AfterDays: 30}, harbor); (err == nil) != (days >= 30) {
			w.Fatalf("%d days overdue: %v", days, err)
		}
	}
}

func (w *world) freeze() {
	c := w.some(func(c *contract) bool { return c.state.Status != loan.None })
	if c == nil {
		return
	}
	command, action := loan.Command(loan.Freeze{Order: "order"}), loan.ActFreeze
	if c.state.Frozen != "" {
		command, action = loan.Release{Order: c.state.Frozen}, loan.ActRelease
	}
	err := w.decide(c, command, authority)
	if (err == nil) != (loan.Permit(c.state.Status, action, party.Regulator) == nil) {
		w.Fatalf("%s a loan that is %s: %v", action, c.state.Status, err)
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}
