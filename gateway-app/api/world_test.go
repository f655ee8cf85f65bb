package api_test

import (
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// row is a record of the n-th transaction.
func row[S any](id string, n int, state S) projection.Held[S] {
	return projection.Held[S]{
		ID: id, Collection: "harbor-meridian", Block: uint64(n), TxID: "tx" + handle(n),
		At: time.Unix(int64(n), 0).UTC(), State: state,
	}
}

// public is a record of the public ledger.
func public[S any](id string, n int, state S) projection.Held[S] {
	h := row(id, n, state)
	h.Collection = ""
	return h
}

func day(year, month, date int) calendar.Date {
	return calendar.NewDate(year, month, date)
}

// aLoan is the n-th loan, of 12,000.00 over twelve months, paid out; its borrower is the n-th party.
func aLoan(n int) projection.Loan {
	terms := loan.Terms{
		Version: 1, ID: loanID(n), Platform: "harbor", Custodian: "meridian", Borrower: handle(n), Project: handle(900 + n),
		Regime: "cn-2026", Currency: "CNY", PrincipalMinor: 1_200_000, RatePPM: 120_000, Instalments: 12,
		Method: schedule.EqualInstalment, DayCount: calendar.Actual365, MonthEnd: calendar.Clamp,
	}
	plan := terms.Plan(day(2026, 1, 15))
	return projection.Loan{
		Held: row(handle(n), n, loan.State{
			ID: terms.ID, Platform: "harbor", Custodian: "meridian", Borrower: terms.Borrower, Regime: terms.Regime,
			Status: loan.Active, PrincipalMinor: terms.PrincipalMinor, Plan: &plan,
		}),
		Terms: terms,
	}
}

// aParty is the n-th party.
func aParty(n int) party.State {
	return party.State{Handle: handle(n), Expires: day(2027, 1, 1), Keys: []party.HeldKey{}}
}

// fullBooks has something of every kind, and more loans than fit a page.
func fullBooks() *books {
	b := &books{
		parties: []projection.Held[party.State]{row(handle(1), 1, aParty(1)), row(handle(2), 2, aParty(2))},
		mandates: []projection.Held[mandate.State]{row(handle(21), 1, mandate.State{
			Terms: mandate.Terms{Handle: handle(21), Party: handle(1), Expires: day(2027, 1, 1)}, Registered: day(2026, 1, 2),
		})},
		instructions: []projection.Held[custody.Instruction]{
			row(handle(31), 1, custody.Instruction{Handle: handle(31), Status: custody.Settled, Party: handle(1), On: day(2026, 3, 2)}),
			row(handle(32), 1, custody.Instruction{Handle: handle(32), Status: custody.Accepted, Party: handle(2), On: day(2026, 3, 2)}),
		},
		suspended: []projection.Held[custody.Suspense]{row(handle(41), 1, custody.Suspense{Handle: handle(41), ValueDate: day(2026, 3, 2), On: day(2026, 3, 2)})},
		accounts: []projection.Held[custody.Account]{
			row(handle(1), 1, custody.Account{Party: handle(1), AvailableMinor: 5}), row(handle(2), 1, custody.Account{Party: handle(2)}),
		},
		days:    []projection.Held[custody.Day]{public("meridian", 1, custody.Day{Custodian: "meridian", Date: day(2026, 3, 2), Open: true})},
		members: []projection.Member{{Held: public("harbor", 1, wire.MemberEntry{Member: wire.Member{ID: "harbor", Kind: party.Platform, Roots: []string{}}}), Listed: true}},
		regimes: []projection.Regime{{Held: public("cn-2026", 1, regime.Pack{ID: "cn-2026", EffectiveFrom: day(2026, 1, 1), Approvals: []regime.Approval{}}), Adopted: true}},
		freezes: []projection.Held[wire.PlatformFreeze]{public("lantern", 1, wire.PlatformFreeze{Platform: "lantern", Order: "A-1", Since: day(2026, 3, 2)})},
		entries: []projection.Held[wire.Anchored]{public("harbor/entry/"+text(64), 1, wire.Anchored{Member: "harbor", RecordedOn: day(2026, 3, 2), Entry: evidence.Entry{Digest: text(64)}})},
		logs:    []projection.Held[evidence.LogState]{public("harbor", 1, evidence.LogState{Member: "harbor", Range: []evidence.Hash{}})},
		history: []projection.Step{{Sequence: 1, Kind: "propose", Event: []byte(`{}`)}, {Sequence: 2, Kind: "clear", Event: []byte(`{}`)}},
	}
	for n := 1; n <= 1203; n++ {
		b.loans = append(b.loans, aLoan(n))
	}
	b.happen("loan.proposed", "loan.cleared", "instruction.settled")
	return b
}
