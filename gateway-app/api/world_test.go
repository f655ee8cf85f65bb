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
	"github.com/tallystick/tallystick/gateway-app/api"
)

// row is a record of the n-th transaction.
func row[S any](id string, n int, state S) api.Row[S] {
	return api.Row[S]{
		ID: id, Collection: "harbor-meridian", Block: uint64(n), TxID: "tx" + handle(n),
		At: time.Unix(int64(n), 0).UTC().Format(time.RFC3339), State: state,
	}
}

func day(year, month, date int) calendar.Date {
	return calendar.NewDate(year, month, date)
}

// aLoan is the n-th loan, of 12,000.00 over twelve months, paid out; its borrower is the n-th party.
func aLoan(n int) api.Loan {
	terms := loan.Terms{
		Version: 1, ID: loanID(n), Platform: "harbor", Custodian: "meridian", Borrower: handle(n), Project: handle(900 + n),
		Regime: "cn-2026", Currency: "CNY", PrincipalMinor: 1_200_000, RatePPM: 120_000, Instalments: 12,
		Method: schedule.EqualInstalment, DayCount: calendar.Actual365, MonthEnd: calendar.Clamp,
	}
	plan := terms.Plan(day(2026, 1, 15))
	return api.Loan{
		Row: row(handle(n), n, loan.State{
			ID: terms.ID, Platform: "harbor", Custodian: "meridian", Borrower: terms.Borrower, Regime: terms.Regime,
			Status: loan.Active, PrincipalMinor: terms.PrincipalMinor, Plan: &plan,
		}),
		Terms: terms,
	}
}

// fullBooks has something of every kind, and more loans than fit a page.
func fullBooks() *books {
	b := &books{
		parties:  []api.Row[party.State]{row(handle(1), 1, party.State{Handle: handle(1)}), row(handle(2), 2, party.State{Handle: handle(2)})},
		mandates: []api.Row[mandate.State]{row(handle(21), 1, mandate.State{Terms: mandate.Terms{Handle: handle(21), Party: handle(1)}})},
		instructions: []api.Row[custody.Instruction]{
			row(handle(31), 1, custody.Instruction{Handle: handle(31), Status: custody.Settled, Party: handle(1)}),
			row(handle(32), 1, custody.Instruction{Handle: handle(32), Status: custody.Accepted, Party: handle(2)}),
		},
		suspended: []api.Row[custody.Suspense]{row(handle(41), 1, custody.Suspense{Handle: handle(41)})},
		accounts: []api.Row[custody.Account]{
			row(handle(1), 1, custody.Account{Party: handle(1), AvailableMinor: 5}), row(handle(2), 1, custody.Account{Party: handle(2)}),
		},
		days:    []api.Row[custody.Day]{row("meridian", 1, custody.Day{Custodian: "meridian", Date: day(2026, 3, 2), Open: true})},
		members: []api.Row[wire.Member]{row("harbor", 1, wire.Member{ID: "harbor", Kind: party.Platform})},
		regimes: []api.Row[regime.Pack]{row("cn-2026", 1, regime.Pack{ID: "cn-2026"})},
		freezes: []api.Row[wire.PlatformFreeze]{row("lantern", 1, wire.PlatformFreeze{Platform: "lantern", Order: "A-1"})},
		entries: []api.Row[wire.Anchored]{row(wire.Digest([]byte("a")), 1, wire.Anchored{Member: "harbor"})},
		logs:    []api.Row[evidence.LogState]{row("harbor", 1, evidence.LogState{Member: "harbor"})},
		history: []api.LoanEvent{{Sequence: 1, Event: loan.Event{Kind: loan.ActPropose}}, {Sequence: 2, Event: loan.Event{Kind: loan.ActClear}}},
	}
	for n := 1; n <= 1203; n++ {
		b.loans = append(b.loans, aLoan(n))
	}
	b.happen("loan.proposed", "loan.cleared", "instruction.settled")
	return b
}
