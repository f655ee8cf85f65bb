package repayment_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

// What is left of the rows is what is past due once the last of them is, and its oldest row is the one that makes a
// loan late; for any receipts in any order, early payoffs and reversals among them.
func TestTheRestIsWhatWillBePastDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, on := drawStory(t)
		rest, err := repayment.Rest(s)
		if err != nil {
			t.Fatal(err)
		}
		if s.Status == loan.Repaid {
			if len(rest) > 0 || s.Outstanding() != 0 {
				t.Fatalf("a loan that is repaid has left %+v", rest)
			}
			return
		}
		then := max(on, s.Plan.Start.AddMonths(s.Plan.Instalments)) + 1
		p, err := repayment.At(s, then, then)
		if err != nil {
			t.Fatal(err)
		}
		var sum loan.Parts
		var oldest calendar.Date
		for _, row := range rest {
			sum.PrincipalMinor += row.PrincipalMinor
			sum.InterestMinor += row.InterestMinor
			sum.FeesMinor = append(sum.FeesMinor, row.FeesMinor...)
			if oldest.IsZero() && row.PrincipalMinor+row.InterestMinor > 0 {
				oldest = row.Due
			}
		}
		if sum.Total() != p.PastDue.Total()-p.PastDue.PenaltyMinor || sum.PrincipalMinor != s.Outstanding() || oldest != p.OldestDue {
			t.Fatalf("left is %+v since %v, and past due will be %+v since %v", sum, oldest, p.PastDue, p.OldestDue)
		}
	})
}

// drawStory is a loan that received amounts on days of any kind, of which some were reversed, and the last of the days.
func drawStory(t *rapid.T) (loan.State, calendar.Date) {
	plan := schedule.Terms{
		PrincipalMinor: money.Minor(rapid.Int64Range(1, 1_000_000).Draw(t, "principal")), RatePPM: 120_000,
		Instalments: rapid.IntRange(1, 12).Draw(t, "instalments"), DayCount: calendar.Actual365, Start: day("2024-01-31"),
		Method:  rapid.SampledFrom([]schedule.Method{schedule.EqualInstalment, schedule.EqualPrincipal, schedule.Bullet}).Draw(t, "method"),
		Charges: []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisFlat, FlatMinor: 7}},
	}
	s := loan.Apply(loan.State{}, loan.Event{Kind: loan.ActPropose, Proposal: &loan.Proposal{
		PrincipalMinor: plan.PrincipalMinor, PenaltyRatePPM: 365_000,
	}})
	s = loan.Apply(s, loan.Event{Kind: loan.ActFund, Weights: []money.Minor{plan.PrincipalMinor}})
	s = loan.Apply(s, loan.Event{Kind: loan.ActActivate, Plan: &plan})
	on := plan.Start
	var booked []loan.Received
	for range rapid.IntRange(0, 8).Draw(t, "steps") {
		on = on.AddDays(rapid.IntRange(0, 60).Draw(t, "days"))
		if len(booked) > 0 && rapid.IntRange(0, 3).Draw(t, "reversal") == 0 {
			at := rapid.IntRange(0, len(booked)-1).Draw(t, "which")
			if events, err := distribution.Reverse(s, booked[at], meridian, on); err == nil {
				s = loan.Apply(s, events[0])
				booked = append(booked[:at], booked[at+1:]...)
			}
			continue
		}
		receipt := distribution.Receipt{
			BankReference: string(rune('A' + len(s.Receipts))), ValueDate: on,
			AmountMinor: money.Minor(rapid.Int64Range(1, int64(plan.PrincipalMinor)*5/4+10).Draw(t, "amount")),
		}
		events, err := distribution.Decide(s, receipt, statute, meridian, on)
		if err != nil {
			continue // nothing more is taken from a loan that is repaid
		}
		s = loan.Apply(s, events[0])
		booked = append(booked, *events[0].Received)
	}
	return s, on
}
