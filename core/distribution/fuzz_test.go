package distribution_test

import (
	"fmt"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

// FuzzDistribution reads a loan's life from bytes: each three bytes are a receipt or a reversal after some
// days. What comes in goes out, each time, and everybody ends with what it lent.
func FuzzDistribution(f *testing.F) {
	f.Add(uint32(1), uint32(1), uint32(1), []byte{31, 100, 0, 31, 100, 0})
	f.Add(uint32(33_333), uint32(33_333), uint32(33_334), []byte{31, 50, 0, 60, 255, 10, 0, 0, 255, 1, 9, 3})
	f.Add(uint32(7), uint32(1_000_000), uint32(3), []byte{200, 255, 100, 0, 0, 255, 5, 255, 0, 1, 1, 255})
	f.Fuzz(func(t *testing.T, a, b, c uint32, life []byte) {
		weights := []money.Minor{money.Minor(a) + 1, money.Minor(b) + 1, money.Minor(c) + 1}
		principal := weights[0] + weights[1] + weights[2]
		methods := []schedule.Method{schedule.EqualInstalment, schedule.EqualPrincipal, schedule.InterestOnly, schedule.Bullet}
		s := active(schedule.Terms{
			PrincipalMinor: principal, RatePPM: 150_000, Instalments: 6, Method: methods[a%4], DayCount: calendar.Actual360,
			Start: day("2024-01-31"), MonthEnd: calendar.Clamp,
			Charges: []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 50_000}},
		}, 365_000, weights...)
		on := s.Plan.Start
		var booked []loan.Received
		for i := 0; i+3 <= len(life) && i < 90; i += 3 {
			on = on.AddDays(int(life[i] % 64))
			if life[i+2] == 255 && len(booked) > 0 {
				s = undo(t, s, booked[int(life[i+1])%len(booked)], on)
				continue
			}
			value := on.AddDays(-min(int(life[i+2]), int(on-s.Plan.Start)))
			amount := 1 + principal*money.Minor(life[i+1])/200
			var r loan.Received
			s, r = receive(t, s, distribution.Receipt{BankReference: fmt.Sprint(i), AmountMinor: amount, ValueDate: value}, statute, on)
			booked = append(booked, r)
			requireWhole(t, r)
		}
		p, err := repayment.At(s, on, on)
		if err != nil {
			t.Fatal(err)
		}
		s, _ = receive(t, s, distribution.Receipt{BankReference: "last", AmountMinor: p.Total() + 1, ValueDate: on}, statute, on)
		if s.Status != loan.Repaid {
			t.Fatalf("%d were owed and paid, and it is %s", p.Total(), s.Status)
		}
		for i, lent := range weights {
			if s.PrincipalCredits[i] != lent {
				t.Fatalf("lender %d lent %d and got back %d", i, lent, s.PrincipalCredits[i])
			}
		}
	})
}

func undo(t *testing.T, s loan.State, r loan.Received, on calendar.Date) loan.State {
	t.Helper()
	reversed := s.Receipts[s.HasSeen(r.BankReference, r.From)].Reversed
	events, err := distribution.Reverse(s, r, meridian, on)
	if (err == nil) == reversed {
		t.Fatalf("reverse, reversed before %t: %v", reversed, err)
	}
	if err != nil {
		return s
	}
	return loan.Apply(s, events[0])
}

// requireWhole holds a receipt's parts against its amount, and its credits against its parts.
func requireWhole(t *testing.T, r loan.Received) {
	t.Helper()
	var principal, interest money.Minor
	for i := range r.PrincipalCredits {
		if r.PrincipalCredits[i] < 0 || r.InterestCredits[i] < 0 {
			t.Fatalf("a credit is negative: %+v", r)
		}
		principal += r.PrincipalCredits[i]
		interest += r.InterestCredits[i]
	}
	if principal+interest+r.Parts.FeesMinor[0]+r.Parts.RefundMinor != r.AmountMinor || principal != r.Parts.PrincipalMinor {
		t.Fatalf("%d came in, and %d, %d and %d went out: %+v", r.AmountMinor, principal, interest, r.Parts.RefundMinor, r)
	}
	if min(r.Parts.PenaltyMinor, r.Parts.InterestMinor, r.Parts.PrincipalMinor, r.Parts.RefundMinor, r.Parts.FeesMinor[0]) < 0 {
		t.Fatalf("a part is negative: %+v", r.Parts)
	}
}
