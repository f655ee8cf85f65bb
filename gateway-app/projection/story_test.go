package projection_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/keys"
)

var (
	harbor    = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
	lantern   = party.Actor{Member: "lantern", Kind: party.Platform, Role: party.Machine}
	meridian  = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Supervisor}
	authority = party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Supervisor}
)

// The customers: Ann and Bob lend, Cai, Dan and Eve borrow. Stories that need no more go with Ann and Cai.
var ann, bob, cai, dan, eve = handle(0xa), handle(0xb), handle(0xc), handle(0xd), handle(0xe)

func handle(n int) string { return fmt.Sprintf("%032x", n) }

func loanID(n int) string { return wire.LoanID("lending", "harbor", handle(n)) }

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func must[T any](c *chain) func(T, error) T {
	return func(v T, err error) T {
		c.Helper()
		c.must(err)
		return v
	}
}

// town is a chain with a founded consortium and two customers.
type town struct {
	*chain
	key   *keys.Key
	pack  regime.Pack
	many  bool // loans differ in borrower, lender, grade and relation
	crowd bool // each loan counts as another person's, so that no exposure outgrows what one person may owe
}

func found(t testing.TB) *town {
	w := &town{chain: newChain(t)}
	w.key = must[*keys.Key](w.chain)(keys.Generate(party.P256))
	w.enter()
	w.adopt()
	w.open("2024-01-02")
	w.put(pair, wire.BooksKey, wire.Books{Version: wire.Version, Secret: strings.Repeat("5e", 32)})
	w.commit()
	for _, customer := range []string{ann, cai} {
		w.attest(customer)
	}
	w.deposit(1, ann, 900_000_000)
	return w
}

func (w *town) enter() {
	root := wire.Root{Version: wire.Version}
	for _, a := range []party.Actor{harbor, lantern, meridian, authority} {
		entry := wire.MemberEntry{Version: wire.Version, Member: wire.Member{ID: a.Member, Name: a.Member, Kind: a.Kind, MSPID: a.Member + "MSP"}}
		root.Listed = append(root.Listed, wire.Listed{ID: a.Member, Digest: must[string](w.chain)(wire.MemberDigest(entry))})
		w.put("", wire.MemberKey(a.Member), entry)
	}
	w.put("", wire.RootMembers, root)
	w.put("", wire.RootRegimes, wire.Root{Version: wire.Version, Listed: []wire.Listed{}})
	w.commit()
}

func (w *town) adopt() {
	pack := regime.Pack{
		ID: "sandbox", Title: "Sandbox", Source: "made up for tests", EffectiveFrom: day("2016-01-01"), AppliesTo: "new",
		Rules: regime.Rules{
			Currency: "CNY", RateCapPPM: 360_000, PenaltyCapPPM: 365_000, MinKYCLevel: 1, MinPrincipal: 1, MaxPrincipal: 100_000_000,
			Natural:        regime.Caps{PlatformMinor: 1_000_000_000, NetworkMinor: 1_000_000_000},
			Legal:          regime.Caps{PlatformMinor: 1_000_000_000, NetworkMinor: 1_000_000_000},
			MaxInstalments: 60, Methods: []string{"equal_instalment"},
			Allocation:    []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty},
			ClearanceDays: 10, FundingDays: 10, BackdatingDays: 5, WriteOffDays: 30,
		},
	}
	for _, command := range []regime.Command{
		regime.Propose{Pack: pack, Actor: authority},
		regime.Approve{On: day("2016-01-04"), Actor: authority},
		regime.Approve{On: day("2016-01-05"), Actor: meridian},
	} {
		events := must[[]regime.Event](w.chain)(regime.Decide(w.pack, command))
		w.pack = save(w.chain, "", wire.RegimeKey("sandbox"), regime.Pack{}, regime.Apply, events...)
		if len(w.pack.Approvals) == 2 {
			digest := must[string](w.chain)(wire.PackDigest(w.pack))
			w.put("", wire.RootRegimes, wire.Root{Version: wire.Version, Listed: []wire.Listed{{ID: "sandbox", Digest: digest}}})
		}
		w.commit()
	}
}

// open closes the open business day and opens another.
func (w *town) open(date string) {
	w.Helper()
	d := w.close()
	opening := custody.Day{Custodian: "meridian", Date: day(date), Regime: "sandbox"}
	opened := must[[]custody.DayEvent](w.chain)(custody.OpenDay(d, opening, w.pack.Rules.Calendar()))
	w.on = save(w.chain, "", wire.DayKey("meridian"), custody.Day{}, custody.ApplyDay, opened...).Date
	w.commit()
}

// close closes the open business day, if there is one.
func (w *town) close() custody.Day {
	w.Helper()
	d := load[custody.Day](w.chain, "", wire.DayKey("meridian"))
	if d.Open {
		closed := must[[]custody.DayEvent](w.chain)(custody.CloseDay(d, d.Date))
		d = save(w.chain, "", wire.DayKey("meridian"), custody.Day{}, custody.ApplyDay, closed...)
		w.commit()
	}
	return d
}

func (w *town) person(customer string, command party.Command) {
	w.Helper()
	events := must[[]party.Event](w.chain)(party.Decide(load[party.State](w.chain, pair, wire.PartyKey(customer)), command))
	save(w.chain, pair, wire.PartyKey(customer), party.State{}, party.Apply, events...)
	w.commit()
}

// attest lets both sides attest a customer, links it and gives it a mandate to lend.
func (w *town) attest(customer string) {
	w.Helper()
	identity := party.Identity{
		Handle: customer, Platform: "harbor", Custodian: "meridian", Kind: party.Natural, KYCLevel: 2,
		Expires: day("2090-01-01"), Key: w.key.PublicKey(),
	}
	w.person(customer, party.Attest{Actor: harbor, On: w.on, Identity: identity})
	w.person(customer, party.Attest{Actor: meridian, On: w.on, Identity: identity, AccountDigest: strings.Repeat("ab", 32)})
	w.put(wire.Exposure, wire.LinkKey(customer), wire.Link{
		Version: wire.Version, Salt: strings.Repeat("01", 32), Party: customer, Pseudonym: pseudonym(customer),
	})
	w.commit()
	terms := mandate.Terms{
		Handle: customer, Party: customer, Platform: "harbor", Custodian: "meridian", Purpose: mandate.Invest, Currency: "CNY",
		TotalMinor: 900_000_000, Expires: day("2034-01-01"), PerLoanMinor: 900_000_000, MaxInstalments: 60, MaxShareOfLoanPPM: money.Million,
	}
	w.mandate(customer, mandate.Register{
		Actor: harbor, On: w.on, Terms: terms, Key: w.key.PublicKey(), Signature: must[[]byte](w.chain)(w.key.Sign(terms.Statement())),
	})
	w.commit()
	w.mandate(customer, mandate.Confirm{Actor: meridian, On: w.on, Handle: customer, Channel: "branch", SignedTerms: terms.Commitment()})
	w.commit()
}

func pseudonym(customer string) string { return wire.Digest([]byte("person" + customer)) }

func (w *town) mandate(handle string, command mandate.Command) {
	w.Helper()
	events := must[[]mandate.Event](w.chain)(mandate.Decide(load[mandate.State](w.chain, pair, wire.MandateKey(handle)), command))
	save(w.chain, pair, wire.MandateKey(handle), mandate.State{}, mandate.Apply, events...)
}

// order stages a step of an instruction and what it moves on the customer's account.
func (w *town) order(handle string, command custody.Command) {
	w.Helper()
	before := load[custody.Instruction](w.chain, pair, wire.InstructionKey(handle))
	events := must[[]custody.Event](w.chain)(custody.Decide(before, command))
	after := save(w.chain, pair, wire.InstructionKey(handle), custody.Instruction{}, custody.Apply, events...)
	account := load[custody.Account](w.chain, pair, wire.AccountKey(after.Party))
	moves := must[[]custody.AccountEvent](w.chain)(custody.PostAccount(account, after.Party, before.Entry(events[0]), w.on))
	if len(moves) > 0 {
		save(w.chain, pair, wire.AccountKey(after.Party), custody.Account{Party: after.Party}, custody.ApplyAccount, moves...)
	}
}

func (w *town) instruct(i custody.Instruction, by party.Actor) {
	w.Helper()
	i.Platform, i.Custodian, i.On = "harbor", "meridian", w.on
	w.order(i.Handle, custody.Instruct{Instruction: i, Actor: by})
}

func (w *town) settle(handle, reference string) {
	w.Helper()
	amount := load[custody.Instruction](w.chain, pair, wire.InstructionKey(handle)).AmountMinor
	w.order(handle, custody.Settle{AmountMinor: amount, BankReference: reference, ValueDate: w.on, On: w.on, Actor: meridian})
	if reference != "" {
		entry := wire.DerivedHandle(strings.Repeat("5e", 32), "entry", reference)
		w.put(pair, wire.BankEntryKey(entry), wire.BankEntry{Version: wire.Version, Instruction: handle, Salt: strings.Repeat("02", 32)})
	}
}

func (w *town) deposit(n int, customer string, amount money.Minor) {
	w.Helper()
	w.instruct(custody.Instruction{Handle: handle(n), Kind: custody.Deposit, Party: customer, AmountMinor: amount}, harbor)
	w.commit()
	w.order(handle(n), custody.Accept{On: w.on, Actor: meridian})
	w.commit()
	w.settle(handle(n), fmt.Sprint("DEP", n))
	w.commit()
}

func (w *town) loan(n int) loan.State {
	return load[loan.State](w.chain, pair, wire.LoanKey(handle(n)))
}

// take stages a loan's events.
func (w *town) take(n int, events []loan.Event, err error) loan.Event {
	w.Helper()
	w.must(err)
	save(w.chain, pair, wire.LoanKey(handle(n)), loan.State{}, loan.Apply, events...)
	return events[0]
}

func (w *town) step(n int, command loan.Command, by party.Actor) loan.Event {
	w.Helper()
	events, err := loan.Decide(w.loan(n), command, by, w.on)
	return w.take(n, events, err)
}

func (w *town) terms(n int, principal money.Minor) loan.Terms {
	terms := loan.Terms{
		Version: wire.Version, ID: loanID(n), Platform: "harbor", Custodian: "meridian", Borrower: w.borrower(n), Project: handle(n + 0x500000),
		Regime: "sandbox", Currency: "CNY", PrincipalMinor: principal, RatePPM: 120_000, PenaltyRatePPM: 180_000, Instalments: 36,
		Method: schedule.EqualInstalment, DayCount: calendar.Actual365, MonthEnd: calendar.Clamp,
		Charges:         []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisPrincipal, PPM: 5_000}},
		AgreementDigest: strings.Repeat("cd", 32), Salt: wire.Digest([]byte(handle(n))),
	}
	if w.many {
		terms.Grade, terms.Related, terms.Instalments = []string{"A", "B+", ""}[n%3], n%5 == 0, 3+n%4
	}
	return terms
}

func (w *town) borrower(n int) string {
	if w.many {
		return []string{cai, dan, eve}[n%3]
	}
	return cai
}

func (w *town) lender(n int) string {
	if w.many && n%2 == 0 {
		return bob
	}
	return ann
}

// propose stages terms, project and loan.
func (w *town) propose(n int, principal money.Minor) loan.Terms {
	w.Helper()
	terms := w.terms(n, principal)
	w.put(pair, wire.TermsKey(handle(n)), terms)
	w.put(pair, wire.ProjectKey(terms.Project), wire.Project{Version: wire.Version, Loan: terms.ID, Salt: wire.Digest([]byte(terms.Project))})
	borrower := load[party.State](w.chain, pair, wire.PartyKey(w.borrower(n)))
	w.step(n, loan.Propose{Terms: terms, Pack: w.pack, Borrower: borrower, Actor: harbor, On: w.on}, harbor)
	w.commit()
	return terms
}

// reserve stages what the loan needs of its borrower's exposure.
func (w *town) reserve(n int, kind string, amount money.Minor, until calendar.Date) {
	w.Helper()
	person := pseudonym(w.borrower(n))
	if w.crowd {
		person = pseudonym(handle(n))
	}
	save(w.chain, wire.Exposure, wire.ExposureKey(person), wire.ExposureState{Pseudonym: person}, wire.ExposureState.Apply, wire.ExposureEvent{
		Kind: kind, On: w.on, Reservation: wire.Reservation{
			Loan: loanID(n), Platform: "harbor", Custodian: "meridian", AmountMinor: amount, ExpiresOn: until,
		},
	})
}

func (w *town) clear(n int, principal money.Minor) {
	w.Helper()
	granted := wire.Clearance{
		Version: wire.Version, Handle: handle(n + 0x700000), Loan: loanID(n), PrincipalMinor: principal,
		ExpiresOn: w.on.AddDays(10), Salt: strings.Repeat("09", 32),
	}
	raw := must[[]byte](w.chain)(wire.Encode(granted))
	w.put(wire.Exposure, wire.ClearanceKey(granted.Handle), granted)
	w.reserve(n, wire.ExposureReserved, principal, granted.ExpiresOn)
	w.step(n, loan.Clear{Clearance: loan.Clearance{Handle: granted.Handle, Digest: wire.Digest(raw), ExpiresOn: granted.ExpiresOn}}, authority)
	w.commit()
}

// fund lets one lender lend the whole of a cleared loan.
func (w *town) fund(n int, terms loan.Terms) {
	w.Helper()
	allocation := w.collect(n, terms)
	w.order(allocation.Hold, custody.Accept{On: w.on, Actor: meridian})
	w.mandate(allocation.Lender, terms.Use(allocation, meridian, w.on))
	w.step(n, loan.Hold{Instruction: allocation.Hold, AmountMinor: terms.PrincipalMinor}, meridian)
	w.commit()
}

// collect names the lender of a cleared loan, and asks the custodian to hold the money.
func (w *town) collect(n int, terms loan.Terms) loan.Allocation {
	w.Helper()
	lender := w.lender(n)
	allocation := loan.Allocation{Lender: lender, Mandate: lender, Hold: handle(n*16 + 1<<24), PrincipalMinor: terms.PrincipalMinor}
	signature := must[[]byte](w.chain)(w.key.Sign(loan.CommitmentStatement(terms.ID, terms.Borrower, terms.Commitment())))
	signed := base64.StdEncoding.EncodeToString(signature)
	w.step(n, loan.Fund{
		Terms: terms, Pack: w.pack, Borrower: load[party.State](w.chain, pair, wire.PartyKey(w.borrower(n))), BorrowerSignature: signed,
		PublishedClearance: w.loan(n).Clearance.Digest, Actor: harbor, On: w.on,
		Lenders: []loan.Lender{{
			Allocation: allocation, Party: load[party.State](w.chain, pair, wire.PartyKey(lender)),
			Mandate: load[mandate.State](w.chain, pair, wire.MandateKey(lender)),
		}},
	}, harbor)
	w.put(pair, wire.FundingKey(handle(n)), loan.Funding{
		Version: wire.Version, Loan: terms.ID, Allocations: []loan.Allocation{allocation}, BorrowerSignature: signed, Salt: strings.Repeat("ef", 32),
	})
	w.instruct(custody.Instruction{
		Handle: allocation.Hold, Kind: custody.Hold, Party: lender, Loan: terms.ID, Mandate: lender, AmountMinor: terms.PrincipalMinor, ExpiresOn: w.loan(n).ExpiresOn,
	}, harbor)
	w.commit()
	return allocation
}

// payOut disburses a funded loan.
func (w *town) payOut(n int, terms loan.Terms) {
	w.Helper()
	out := handle(n*16 + 1<<24 + 1)
	w.step(n, loan.Disburse{Instruction: out, Borrower: load[party.State](w.chain, pair, wire.PartyKey(w.borrower(n))), On: w.on}, harbor)
	w.instruct(custody.Instruction{Handle: out, Kind: custody.Disburse, Party: terms.Borrower, Loan: terms.ID, AmountMinor: terms.PrincipalMinor}, harbor)
	w.commit()
	w.order(out, custody.Accept{On: w.on, Actor: meridian})
	w.commit()
	w.settle(handle(n*16+1<<24), "")
	w.settle(out, "OUT"+out[24:])
	w.step(n, loan.Activate{Terms: terms, ValueDate: w.on}, meridian)
	w.commit()
}

// lend takes a loan from its proposal to its disbursement.
func (w *town) lend(n int, principal money.Minor) {
	w.Helper()
	terms := w.propose(n, principal)
	w.clear(n, principal)
	w.fund(n, terms)
	w.payOut(n, terms)
}

// book stages a receipt. The caller commits.
func (w *town) book(n int, reference string, amount money.Minor, from string) loan.Received {
	w.Helper()
	order := repayment.Order{Components: w.pack.Rules.Allocation}
	receipt := distribution.Receipt{BankReference: reference, AmountMinor: amount, ValueDate: w.on, From: from}
	events, err := distribution.Decide(w.loan(n), receipt, order, meridian, w.on)
	return *w.take(n, events, err).Received
}

// suspend books a receipt that names no loan.
func (w *town) suspend(reference string, amount money.Minor) string {
	w.Helper()
	account := "loan of\x00whoever"
	at := wire.DerivedHandle(strings.Repeat("5e", 32), "suspense", account, reference)
	events := must[[]custody.SuspenseEvent](w.chain)(custody.Suspend(custody.Suspense{}, custody.Suspense{
		Handle: at, Custodian: "meridian", Account: account, BankReference: reference, AmountMinor: amount, ValueDate: w.on,
	}, w.on))
	save(w.chain, pair, wire.SuspenseKey(at), custody.Suspense{}, custody.ApplySuspense, events...)
	w.commit()
	return at
}

// anchor appends digests to a member's log.
func (w *town) anchor(by party.Actor, digests ...string) {
	w.Helper()
	key := wire.EvidenceLogKey(by.Member)
	log := load[evidence.LogState](w.chain, "", key)
	command := evidence.Append{Actor: by, On: w.on, Member: by.Member}
	for i, digest := range digests {
		entry := evidence.Entry{Digest: digest, Phase: evidence.PhaseAgreement, MediaType: "application/pdf"}
		command.Items = append(command.Items, evidence.Item{Entry: entry})
		w.put("", wire.EvidenceEntryKey(by.Member, digest), wire.Anchored{
			Version: wire.Version, Member: by.Member, Index: log.Size + uint64(i), RecordedOn: w.on, Entry: entry,
		})
	}
	events := must[[]evidence.Event](w.chain)(evidence.Decide(log, command))
	save(w.chain, "", key, evidence.LogState{}, evidence.Apply, events...)
	w.commit()
}

// live lets a whole business happen: two loans, receipts, a suspended one that is placed, a reversal, a payout
// run, relief, freezes, evidence, a request, a transaction of another platform and one that is not valid.
func (w *town) live() {
	w.Helper()
	w.lend(1, 100_000)
	w.lend(2, 50_000)
	w.propose(3, 70_000)
	w.open("2024-02-01")
	first := w.book(1, "R1", 4_000, "")
	w.book(2, "R2", 1_000, "")
	w.commit()
	at := w.suspend("S1", 500)
	placed := must[[]custody.SuspenseEvent](w.chain)(custody.Place(load[custody.Suspense](w.chain, pair, wire.SuspenseKey(at)), loanID(2), w.on, meridian))
	save(w.chain, pair, wire.SuspenseKey(at), custody.Suspense{}, custody.ApplySuspense, placed...)
	w.book(2, "S1", 500, at)
	w.commit()
	w.suspend("S2", 700)
	reversed, err := distribution.Reverse(w.loan(1), first, meridian, w.on)
	w.take(1, reversed, err)
	w.commit()
	w.book(1, "R3", 200_000, "")
	w.commit()
	w.reserve(1, wire.ExposureDropped, 100_000, 0)
	w.commit()
	run := *w.step(1, loan.Net{Run: handle(0x99)}, meridian).Netted
	payout := wire.DerivedHandle(strings.Repeat("5e", 32), run.Run, string(custody.PayOut), ann)
	w.instruct(custody.Instruction{Handle: payout, Kind: custody.PayOut, Party: ann, AmountMinor: run.Credits[0]}, meridian)
	w.commit()
	w.step(2, loan.Freeze{Order: "order-7"}, authority)
	w.commit()
	w.person(cai, party.ImposeFreeze{Actor: authority, On: w.on, Handle: cai, Order: "order-8", Until: day("2024-12-31")})
	save(w.chain, "", wire.PlatformFreezeKey("lantern"), wire.PlatformFreeze{}, wire.PlatformFreeze.Apply, wire.PlatformEvent{
		Kind: wire.PlatformFrozen, Platform: "lantern", Order: "order-9", By: "authority", On: w.on,
	})
	w.put("", wire.RequestKey(handle(77)), wire.Remembered{Version: wire.Version, Digest: strings.Repeat("aa", 32)})
	w.commit()
	w.anchor(harbor, strings.Repeat("11", 32), strings.Repeat("22", 32))
	w.anchor(harbor, strings.Repeat("33", 32))
	w.put(otherPair, wire.BooksKey, wire.Books{Version: wire.Version, Secret: strings.Repeat("6e", 32)})
	w.commit()
}

// workday is the first day from one on that is no Saturday or Sunday.
func workday(d calendar.Date) calendar.Date {
	for d.Weekday() > 5 {
		d = d.AddDays(1)
	}
	return d
}
