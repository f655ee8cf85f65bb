package books_test

import (
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
)

func loanID(n int) string { return wire.LoanID("lending", "harbor", handle(n)) }

func (l *ledger) stateOf(n int) loan.State { return load[loan.State](l, pair, wire.LoanKey(handle(n))) }

// step stages a command's outcome on a loan.
func (l *ledger) step(n int, command loan.Command, actor party.Actor) loan.Event {
	l.Helper()
	events, err := loan.Decide(l.stateOf(n), command, actor, l.on)
	l.must(err)
	l.as(actor)
	return l.take(n, events)
}

func (l *ledger) take(n int, events []loan.Event) loan.Event {
	l.Helper()
	save(l, pair, wire.LoanKey(handle(n)), loan.State{}, loan.Apply, events...)
	return events[0]
}

func (l *ledger) termsOf(n int, principal money.Minor) loan.Terms {
	return loan.Terms{
		Version: wire.Version, ID: loanID(n), Platform: "harbor", Custodian: "meridian", Borrower: cai, Project: handle(n + 0x500),
		Regime: "sandbox", Currency: "CNY", PrincipalMinor: principal, RatePPM: 120_000, PenaltyRatePPM: 180_000, Instalments: 3,
		Method: schedule.EqualInstalment, DayCount: calendar.Actual365, MonthEnd: calendar.Clamp,
		Charges: []schedule.Charge{
			{Payee: schedule.PayeePlatform, Basis: schedule.BasisPrincipal, PPM: 5_000},
			{Payee: schedule.PayeeCustodian, Basis: schedule.BasisInterest, PPM: 20_000},
		},
		AgreementDigest: strings.Repeat("cd", 32), Salt: wire.Digest([]byte(handle(n))),
	}
}

// fund proposes, clears and funds a loan. Each lender's hold has the loan's number × 16 and its place.
func (l *ledger) fund(n int, principal money.Minor, allocations ...loan.Allocation) {
	l.Helper()
	terms := l.termsOf(n, principal)
	borrower := load[party.State](l, pair, wire.PartyKey(cai))
	l.as(harbor)
	l.put(pair, wire.TermsKey(handle(n)), terms)
	l.put(pair, wire.ProjectKey(terms.Project), wire.Project{Version: wire.Version, Loan: terms.ID, Salt: wire.Digest([]byte(terms.Project))})
	l.step(n, loan.Propose{Terms: terms, Pack: l.pack(), Borrower: borrower, Actor: harbor, On: l.on}, harbor)
	l.commit()
	l.as(authority)
	l.step(n, loan.Clear{Clearance: l.grant(n, principal)}, authority)
	l.commit()
	funding := loan.Funding{
		Version: wire.Version, Loan: terms.ID, Salt: strings.Repeat("ef", 32), Allocations: allocations,
		BorrowerSignature: l.sign(loan.CommitmentStatement(terms.ID, cai, terms.Commitment())),
	}
	command := loan.Fund{
		Terms: terms, Pack: l.pack(), Borrower: borrower, BorrowerSignature: funding.BorrowerSignature,
		PublishedClearance: l.stateOf(n).Clearance.Digest, Actor: harbor, On: l.on,
	}
	for _, a := range allocations {
		command.Lenders = append(command.Lenders, loan.Lender{
			Allocation: a, Party: load[party.State](l, pair, wire.PartyKey(a.Lender)),
			Mandate: load[mandate.State](l, pair, wire.MandateKey(a.Mandate)),
		})
	}
	l.step(n, command, harbor)
	l.put(pair, wire.FundingKey(handle(n)), funding)
	for _, a := range allocations {
		l.instruct(custody.Instruction{
			Handle: a.Hold, Kind: custody.Hold, Party: a.Lender, Loan: terms.ID, Mandate: a.Mandate,
			AmountMinor: a.PrincipalMinor, ExpiresOn: l.stateOf(n).ExpiresOn,
		}, harbor)
	}
	l.commit()
}

// pack is the adopted regime.
func (l *ledger) pack() regime.Pack { return load[regime.Pack](l, "", wire.RegimeKey("sandbox")) }

func (l *ledger) grant(n int, principal money.Minor) loan.Clearance {
	granted := wire.Clearance{
		Version: wire.Version, Handle: handle(n + 0x700), Loan: loanID(n), PrincipalMinor: principal,
		ExpiresOn: l.on.AddDays(10), Salt: strings.Repeat("09", 32),
	}
	raw, err := wire.Encode(granted)
	l.must(err)
	l.put(wire.Exposure, wire.ClearanceKey(granted.Handle), granted)
	return loan.Clearance{Handle: granted.Handle, Digest: wire.Digest(raw), ExpiresOn: granted.ExpiresOn}
}

func allocation(n, place int, lender string, principal money.Minor) loan.Allocation {
	return loan.Allocation{Lender: lender, Mandate: lender, Hold: handle(n*16 + place), PrincipalMinor: principal}
}

func (l *ledger) promise(n int, a loan.Allocation) {
	l.Helper()
	l.accept(a.Hold)
	l.mandate(a.Mandate, meridian, l.termsOf(n, l.stateOf(n).PrincipalMinor).Use(a, meridian, l.on))
	l.step(n, loan.Hold{Instruction: a.Hold, AmountMinor: a.PrincipalMinor}, meridian)
	l.commit()
}

// disburse pays a funded loan out. The first attempt the bank refuses.
func (l *ledger) disburse(n int, allocations ...loan.Allocation) {
	l.Helper()
	terms := decode[loan.Terms](l, l.committed[pair+"/"+wire.TermsKey(handle(n))])
	out := l.askFor(n, n*16+8)
	l.order(out, custody.Refuse{Reason: "closed", On: l.on, Actor: meridian})
	l.step(n, loan.Return{Reason: "closed"}, meridian)
	l.commit()
	out = l.askFor(n, n*16+9)
	l.accept(out)
	l.commit()
	for _, a := range allocations {
		l.order(a.Hold, custody.Settle{AmountMinor: a.PrincipalMinor, ValueDate: l.on, On: l.on, Actor: meridian})
	}
	l.settle(out, "DIS"+out[28:])
	l.step(n, loan.Activate{Terms: terms, ValueDate: l.on}, meridian)
	l.commit()
	l.cash.disbursed += terms.PrincipalMinor
}

// askFor asks the custodian to pay a funded loan out, by the instruction with the number at.
func (l *ledger) askFor(n, at int) string {
	l.Helper()
	borrower := load[party.State](l, pair, wire.PartyKey(cai))
	l.step(n, loan.Disburse{Instruction: handle(at), Borrower: borrower, On: l.on}, harbor)
	s := l.stateOf(n)
	out := l.instruct(custody.Instruction{
		Handle: handle(at), Kind: custody.Disburse, Party: cai, Loan: s.ID, AmountMinor: s.PrincipalMinor,
	}, harbor)
	l.commit()
	return out
}

// book stages a receipt. The caller commits.
func (l *ledger) book(n int, reference string, amount money.Minor, from string) loan.Received {
	l.Helper()
	l.as(meridian)
	order := repayment.Order{Components: sandbox().Rules.Allocation}
	receipt := distribution.Receipt{BankReference: reference, AmountMinor: amount, ValueDate: l.on, From: from}
	events, err := distribution.Decide(l.stateOf(n), receipt, order, meridian, l.on)
	l.must(err)
	if from == "" {
		l.cash.collected += amount
		l.cash.receipts++
	}
	return *l.take(n, events).Received
}

func (l *ledger) place(n int, suspended string) {
	l.Helper()
	l.as(meridian)
	s := load[custody.Suspense](l, pair, wire.SuspenseKey(suspended))
	events, err := custody.Place(s, loanID(n), l.on, meridian)
	l.must(err)
	save(l, pair, wire.SuspenseKey(suspended), custody.Suspense{}, custody.ApplySuspense, events...)
	l.book(n, s.BankReference, s.AmountMinor, suspended)
	l.commit()
}

func (l *ledger) reverse(n int, original loan.Received) {
	l.Helper()
	l.as(meridian)
	events, err := distribution.Reverse(l.stateOf(n), original, meridian, l.on)
	l.must(err)
	l.take(n, events)
	l.commit()
	l.cash.collected -= original.AmountMinor
}

// collect debits the borrower for less than was instructed.
func (l *ledger) collect(n, at int, instructed, came money.Minor) {
	l.Helper()
	authority := handle(0xd)
	l.authorise(mandate.Terms{
		Handle: authority, Party: cai, Platform: "harbor", Custodian: "meridian", Purpose: mandate.Debit, Currency: "CNY",
		Expires: day("2034-01-01"), PerCollectionMinor: 9_000_000,
	})
	l.mandate(authority, harbor, mandate.Use{
		Actor: harbor, On: l.on, Handle: authority, Party: cai, Purpose: mandate.Debit, Currency: "CNY",
		AmountMinor: instructed, Loan: loanID(n),
	})
	l.instruct(custody.Instruction{
		Handle: handle(at), Kind: custody.Collect, Party: cai, Loan: loanID(n), Mandate: authority, AmountMinor: instructed,
	}, harbor)
	l.commit()
	l.accept(handle(at))
	l.commit()
	reference := "COL" + handle(at)[28:]
	l.order(handle(at), custody.Settle{AmountMinor: came, BankReference: reference, ValueDate: l.on, On: l.on, Actor: meridian})
	l.mandate(authority, meridian, mandate.Restore{
		Actor: meridian, On: l.on, Handle: authority, AmountMinor: instructed - came, Loan: loanID(n),
	})
	l.book(n, reference, came, "")
	l.commit()
}

// due is the instruction by which a run pays somebody.
func due(run string, kind custody.Kind, holder string) string {
	return wire.DerivedHandle(strings.Repeat("5e", 32), run, string(kind), holder)
}

// net hands a loan's entitlements to a run.
func (l *ledger) net(n int, run string) loan.Netted {
	l.Helper()
	netted := *l.step(n, loan.Net{Run: run}, meridian).Netted
	lenders := decode[loan.Funding](l, l.committed[pair+"/"+wire.FundingKey(handle(n))]).Lenders()
	add := func(kind custody.Kind, holder string, amount money.Minor) {
		if amount > 0 {
			l.instruct(custody.Instruction{Handle: due(run, kind, holder), Kind: kind, Party: holder, AmountMinor: amount}, meridian)
		}
	}
	for i, credit := range netted.Credits {
		add(custody.PayOut, lenders[i], credit)
	}
	for i, fee := range netted.FeesMinor {
		add(custody.Fee, []string{"harbor", "meridian"}[i], fee)
	}
	add(custody.Refund, cai, netted.RefundMinor)
	l.commit()
	return netted
}
