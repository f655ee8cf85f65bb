package statement_test

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/statement"
)

var order = repayment.Order{Components: []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty}}

// life is a loan with one lender, as its events go.
type life struct {
	testing.TB
	statement.Borrowing
	state loan.State
}

func begin(t testing.TB) *life {
	terms := loan.Terms{
		ID: "lending.harbor." + strings.Repeat("3f", 16), Platform: "harbor", Custodian: "meridian", Borrower: strings.Repeat("b0", 16),
		Currency: "CNY", PrincipalMinor: 36_000_00, RatePPM: 108_000, PenaltyRatePPM: 54_000, Instalments: 12,
		Method: schedule.EqualInstalment, DayCount: calendar.Thirty360, MonthEnd: calendar.Clamp,
		Charges:         []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisPrincipal, PPM: 5_000}},
		AgreementDigest: strings.Repeat("ab", 32),
	}
	l := &life{TB: t, Borrowing: statement.Borrowing{Terms: terms}}
	start := calendar.NewDate(2025, 1, 15)
	plan := terms.Plan(start)
	l.take(loan.Event{Kind: loan.ActPropose, On: start.AddDays(-3), Proposal: &loan.Proposal{
		ID: terms.ID, Platform: "harbor", Custodian: "meridian", Borrower: terms.Borrower, PrincipalMinor: terms.PrincipalMinor,
		PenaltyRatePPM: terms.PenaltyRatePPM,
	}})
	l.take(loan.Event{Kind: loan.ActFund, On: start.AddDays(-1), Weights: []money.Minor{terms.PrincipalMinor}})
	l.take(loan.Event{Kind: loan.ActActivate, On: start, Plan: &plan})
	return l
}

func (l *life) take(e loan.Event) {
	l.Events, l.state = append(l.Events, e), loan.Apply(l.state, e)
}

// allocation is what a receipt would pay on a day.
func (l *life) allocation(on calendar.Date, amount money.Minor) repayment.Allocation {
	l.Helper()
	a, err := repayment.Allocate(l.state, amount, on, on, order)
	if err != nil {
		l.Fatal(err)
	}
	return a
}

// pay books a receipt and answers it.
func (l *life) pay(on calendar.Date, amount money.Minor, reference string) loan.Received {
	l.Helper()
	a := l.allocation(on, amount)
	r := loan.Received{
		BankReference: reference, AmountMinor: amount, ValueDate: on, Parts: a.Parts, Payoff: a.Payoff, Closes: a.Closes,
		PrincipalCredits: []money.Minor{a.Parts.PrincipalMinor}, InterestCredits: []money.Minor{a.Parts.InterestMinor + a.Parts.PenaltyMinor},
	}
	l.take(loan.Event{Kind: loan.ActReceive, On: on, Received: &r})
	return r
}

func (l *life) reverse(on calendar.Date, r loan.Received) {
	l.take(loan.Event{Kind: loan.ActReverse, On: on, Reversed: &loan.Reversed{
		Original: r, PrincipalCredits: r.PrincipalCredits, InterestCredits: r.InterestCredits, Reopens: l.state.Status == loan.Repaid,
	}})
}

// account is the loan's account at the end of a day.
func (l *life) account(on calendar.Date) statement.Account {
	l.Helper()
	l.On = on
	a, err := l.Account()
	if err != nil {
		l.Fatal(err)
	}
	return a
}

// lending is a lender's quarter with three loans: one that runs, one that is late, one that was repaid in it.
func lending() statement.Lending {
	running, late, repaid := "lending.harbor."+strings.Repeat("3f", 16), "lending.harbor."+strings.Repeat("72", 16), "lending.harbor."+strings.Repeat("c4", 16)
	l := statement.Lending{
		Party: strings.Repeat("a1", 16), Platform: "harbor", Custodian: "meridian", Currency: "CNY",
		From: calendar.NewDate(2025, 1, 1), Through: calendar.NewDate(2025, 3, 31),
		Opening: statement.Position{AvailableMinor: 250_00, LentMinor: 48_000_00},
		Closing: statement.Position{AvailableMinor: 3_250_00, PayableMinor: 3_270_12, LentMinor: 73_950_00},
	}
	add := func(month, day int, kind statement.MovementKind, loan string, change statement.Position) {
		l.Movements = append(l.Movements, statement.Movement{On: calendar.NewDate(2025, month, day), Kind: kind, Loan: loan, Change: change})
	}
	add(1, 8, statement.Deposited, "", statement.Position{AvailableMinor: 40_000_00})
	add(1, 14, statement.Internal, "", statement.Position{AvailableMinor: -36_000_00, HeldMinor: 36_000_00})
	add(1, 15, statement.Lent, running, statement.Position{HeldMinor: -36_000_00, LentMinor: 36_000_00})
	add(1, 20, statement.Principal, late, statement.Position{PayableMinor: 2_650_00, LentMinor: -2_650_00})
	add(1, 20, statement.Interest, late, statement.Position{PayableMinor: 312_50})
	add(1, 21, statement.PaidOut, "", statement.Position{PayableMinor: -2_962_50})
	add(2, 17, statement.Principal, repaid, statement.Position{PayableMinor: 4_500_00, LentMinor: -4_500_00})
	add(2, 17, statement.Interest, repaid, statement.Position{PayableMinor: 36_75})
	add(2, 18, statement.PaidOut, "", statement.Position{PayableMinor: -4_536_75})
	add(2, 25, statement.Internal, "", statement.Position{AvailableMinor: -1_000_00, HeldMinor: 1_000_00})
	add(2, 26, statement.Withdrawn, "", statement.Position{HeldMinor: -1_000_00})
	add(3, 31, statement.Principal, running, statement.Position{PayableMinor: 2_900_00, LentMinor: -2_900_00})
	add(3, 31, statement.Interest, running, statement.Position{PayableMinor: 370_12})
	l.Holdings = []statement.Holding{
		{Loan: late, Status: loan.Active, RatePPM: 125_000, StartedOn: calendar.NewDate(2024, 6, 20), PrincipalMinor: 60_000_00, OutstandingMinor: 40_850_00, OverdueDays: 39},
		{Loan: repaid, Status: loan.Repaid, RatePPM: 98_000, StartedOn: calendar.NewDate(2024, 2, 17), PrincipalMinor: 50_000_00},
		{Loan: running, Status: loan.Active, RatePPM: 108_000, StartedOn: calendar.NewDate(2025, 1, 15), PrincipalMinor: 36_000_00, OutstandingMinor: 33_100_00},
	}
	return l
}
