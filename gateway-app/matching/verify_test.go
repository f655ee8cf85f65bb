package matching_test

import (
	"errors"
	"testing"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/matching/bound"
)

// Each change makes a run that was never matched.
func TestARunThatBreaksARuleIsRefused(t *testing.T) {
	a, b, bank := lender("a", 1_000, 1), lender("b", 1_000, 1), lender("bank", 1_000, 1)
	fresh := func() (matching.Book, matching.Run) {
		book := book([]matching.Lender{a, b, bank}, []matching.Mandate{of(a), of(b), of(bank)},
			request("l-1", 1_000, "B"), request("l-2", 700, "B", func(r *matching.Request) { r.Programme = "joint" }))
		book.Programmes = []matching.Programme{{ID: "joint", Contributions: []matching.Contribution{{Mandate: "m-bank", RatioPPM: 500_000}}}}
		return book, match(t, book)
	}
	for name, spoil := range map[string]func(*matching.Book, *matching.Run){
		"not in the book":   func(_ *matching.Book, r *matching.Run) { r.Loans[0].Loan = "l-9" },
		"no outcome":        func(_ *matching.Book, r *matching.Run) { r.Loans = r.Loans[:1] },
		"another's mandate": func(_ *matching.Book, r *matching.Run) { r.Loans[0].Allocations[0].Mandate = "m-bank" },
		"too little":        func(_ *matching.Book, r *matching.Run) { r.Loans[0].Allocations[0].PrincipalMinor-- },
		"too much": func(_ *matching.Book, r *matching.Run) {
			r.Loans[0].Allocations[0].PrincipalMinor += 100
			r.Loans[0].FundedMinor += 100
		},
		"a lender twice": func(_ *matching.Book, r *matching.Run) {
			r.Loans[0].Allocations[0].PrincipalMinor /= 2
			r.Loans[0].Allocations = append(r.Loans[0].Allocations, r.Loans[0].Allocations[0])
		},
		"waiting with money": func(_ *matching.Book, r *matching.Run) { r.Loans[0].Status = matching.Waiting },
		"in part, unasked":   func(_ *matching.Book, r *matching.Run) { r.Loans[0].Status = matching.FilledInPart },
		"no contribution":    func(_ *matching.Book, r *matching.Run) { r.Loans[1].Contributions = nil },
		"another ratio":      func(b *matching.Book, _ *matching.Run) { b.Programmes[0].Contributions[0].RatioPPM = 400_000 },
		"risk": func(b *matching.Book, _ *matching.Run) {
			b.Requests[0].Risk = 5
			b.Lenders[0].Class, b.Lenders[1].Class = 4, 4
		},
		"purse": func(b *matching.Book, _ *matching.Run) {
			b.Lenders[0].CashMinor, b.Lenders[1].CashMinor = 100_00, 100_00
		},
		"total": func(b *matching.Book, _ *matching.Run) {
			b.Mandates[0].UsedMinor, b.Mandates[1].UsedMinor = 999_999_00, 999_999_00
		},
		"per loan": func(b *matching.Book, _ *matching.Run) { b.Mandates[0].PerLoanMinor, b.Mandates[1].PerLoanMinor = 1, 1 },
		"limit": func(b *matching.Book, _ *matching.Run) {
			limits := []matching.Limit{{By: matching.ByGrade, Value: "B", MostMinor: 100_00}}
			b.Mandates[0].Limits, b.Mandates[1].Limits = limits, limits
		},
		"class": func(b *matching.Book, _ *matching.Run) { b.Policy.ClassMostMinor[5] = 100_00 },
		"seats": func(b *matching.Book, _ *matching.Run) { b.Policy.MaxLenders = 1 },
		"ticket": func(_ *matching.Book, r *matching.Run) {
			r.Loans[0].Allocations = []matching.Allocation{
				{Lender: "a", Mandate: "m-a", PrincipalMinor: 950_00}, {Lender: "b", Mandate: "m-b", PrincipalMinor: 50_00},
			}
			r.Loans[1].Allocations[0].Lender, r.Loans[1].Allocations[0].Mandate = "b", "m-b"
		},
	} {
		book, run := fresh()
		spoil(&book, &run)
		if err := matching.Verify(book, run); !errors.Is(err, matching.ErrRun) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The benchmark holds the same at ten thousand mandates.
func TestARunIsCloseToTheMaximumFlow(t *testing.T) {
	for _, precedence := range []matching.Precedence{matching.FewestOptions, matching.OptionsDoubling, matching.LongestIdle} {
		for _, supply := range []float64{.7, 1, 1.5} {
			book := market(2_000, 200, supply, 11)
			book.Policy.Precedence = precedence
			run := match(t, book)
			if gap := matching.GapPPM(run.Totals.MatchedMinor, bound.Of(book)); gap < 0 || gap > 25_000 {
				t.Errorf("%s, supply %.1f: %d ppm below the maximum flow", precedence, supply, gap)
			}
		}
	}
}

// Where there is more money than loans, it matters who waited.
func TestWhoWaitedIsServedFirst(t *testing.T) {
	placed := func(precedence matching.Precedence) (fresh, waited money.PPM) {
		book := market(2_000, 200, 1.5, 11)
		book.Policy.Precedence = precedence
		bands := matching.ByWaiting(book, match(t, book))
		return bands[0].PlacedPPM, bands[len(bands)-1].PlacedPPM
	}
	fewestFresh, fewestWaited := placed(matching.FewestOptions)
	idleFresh, idleWaited := placed(matching.LongestIdle)
	if idleWaited <= idleFresh || idleWaited <= fewestWaited || idleFresh >= fewestFresh {
		t.Errorf("by idle time %d of new money and %d of old; by options %d and %d", idleFresh, idleWaited, fewestFresh, fewestWaited)
	}
}
