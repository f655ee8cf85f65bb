package distribution_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

var (
	meridian = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Machine}
	statute  = repayment.Order{Components: []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty}}
)

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// active is a loan on which interest runs, lent by the weights given.
func active(plan schedule.Terms, penalty money.PPM, weights ...money.Minor) loan.State {
	s := loan.Apply(loan.State{}, loan.Event{Kind: loan.ActPropose, Proposal: &loan.Proposal{
		ID: "lending.harbor.00000000000000000000000000000001", Platform: "harbor", Custodian: "meridian", Borrower: "borrower",
		Regime: "sandbox", PrincipalMinor: plan.PrincipalMinor, PenaltyRatePPM: penalty,
	}})
	s = loan.Apply(s, loan.Event{Kind: loan.ActFund, Weights: weights})
	return loan.Apply(s, loan.Event{Kind: loan.ActActivate, Plan: &plan})
}

// tenLenders lend 36,000.00 in parts that do not divide evenly.
func tenLenders() []money.Minor {
	return []money.Minor{123_400, 298_700, 450_000, 333_333, 366_667, 500_000, 305_000, 377_900, 445_000, 400_000}
}

// threeYears is repaid in 36 level payments, with a platform's and a custodian's charge in each.
func threeYears() schedule.Terms {
	return schedule.Terms{
		PrincipalMinor: 3_600_000, RatePPM: 120_000, Instalments: 36, Method: schedule.EqualInstalment,
		DayCount: calendar.Actual365, Start: day("2024-01-15"), MonthEnd: calendar.Clamp,
		Charges: []schedule.Charge{
			{Payee: schedule.PayeePlatform, Basis: schedule.BasisPrincipal, PPM: 5_000},
			{Payee: schedule.PayeeCustodian, Basis: schedule.BasisFlat, FlatMinor: 150},
		},
	}
}

// receive books a receipt that must be accepted, and answers what became of it.
func receive(t testing.TB, s loan.State, r distribution.Receipt, order repayment.Order, on calendar.Date) (loan.State, loan.Received) {
	t.Helper()
	events, err := distribution.Decide(s, r, order, meridian, on)
	if err != nil {
		t.Fatalf("receipt %s of %d on %s: %v", r.BankReference, r.AmountMinor, on, err)
	}
	return loan.Apply(s, events[0]), *events[0].Received
}

// paid is a loan of which the first rows were paid to the day.
func paid(t testing.TB, s loan.State, rows int) loan.State {
	t.Helper()
	plan, err := schedule.Generate(*s.Plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range plan[:rows] {
		total, err := row.TotalMinor()
		if err != nil {
			t.Fatal(err)
		}
		r := distribution.Receipt{BankReference: fmt.Sprintf("MB%014d", row.Number), AmountMinor: total, ValueDate: row.Due}
		s, _ = receive(t, s, r, statute, row.Due)
	}
	return s
}

func refused(t testing.TB, err error, code fault.Code, field string) {
	t.Helper()
	if !errors.Is(err, fault.New(code)) || fault.Of(err).Field != field {
		t.Errorf("got %v, want %s in %q", err, code, field)
	}
}
