package matching_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/matching/bound"
)

// anyBook draws small books in which everything is tight: few lenders, odd fen, limits that bind, purses
// shared by mandates, a programme, mandates that may not be used.
func anyBook(t *rapid.T) matching.Book {
	book := matching.Book{On: today, Currency: money.CNY, Policy: matching.DefaultPolicy()}
	book.Policy.Precedence = rapid.SampledFrom([]matching.Precedence{
		matching.FewestOptions, matching.OptionsDoubling, matching.LongestIdle,
	}).Draw(t, "precedence")
	book.Policy.TicketMinor = rapid.SampledFrom([]money.Minor{100, 10_000, 50_000}).Draw(t, "ticket")
	book.Policy.MaxLenders = rapid.SampledFrom([]int{2, 5, 200}).Draw(t, "seats")
	book.Policy.ClassMostMinor[0] = rapid.SampledFrom([]money.Minor{0, 150_000}).Draw(t, "class limit")
	lenders := rapid.IntRange(1, 8).Draw(t, "lenders")
	for i := range lenders {
		book.Lenders = append(book.Lenders, anyLender(t, i))
	}
	for i := range rapid.IntRange(1, 12).Draw(t, "mandates") {
		book.Mandates = append(book.Mandates, anyMandate(t, i, rapid.IntRange(0, lenders-1).Draw(t, "lender")))
	}
	if rapid.Bool().Draw(t, "joint lending") {
		book.Programmes = []matching.Programme{{ID: "joint", Contributions: []matching.Contribution{
			{Mandate: "m-0", RatioPPM: money.PPM(rapid.SampledFrom([]int{1, 333_333, 700_000, 1_000_000}).Draw(t, "ratio"))},
		}}}
	}
	for i := range rapid.IntRange(1, 8).Draw(t, "loans") {
		book.Requests = append(book.Requests, anyRequest(t, i, len(book.Programmes) > 0))
	}
	return book
}

func anyLender(t *rapid.T, i int) matching.Lender {
	return matching.Lender{
		ID: fmt.Sprintf("p-%d", i), CashMinor: money.Minor(rapid.Int64Range(0, 400_000).Draw(t, "cash")),
		IdleSince: today.AddDays(-rapid.IntRange(0, 3).Draw(t, "idle")), Class: rapid.IntRange(0, 6).Draw(t, "class"),
		ClassThrough: today.AddDays(rapid.IntRange(-1, 20).Draw(t, "class through")),
		LentMinor:    money.Minor(rapid.Int64Range(0, 100_000).Draw(t, "lent")),
		Refused:      rapid.SampledFrom([]fault.Code{"", "", "", "", fault.PartyFrozen}).Draw(t, "refused"),
	}
}

func anyMandate(t *rapid.T, i, lender int) matching.Mandate {
	total := money.Minor(rapid.Int64Range(1, 400_000).Draw(t, "total"))
	m := matching.Mandate{
		ID: fmt.Sprintf("m-%d", i), Lender: fmt.Sprintf("p-%d", lender), Platform: "harbor", Custodian: "meridian",
		Currency:  rapid.SampledFrom([]money.Currency{"CNY", "CNY", "CNY", "CNY", "USD"}).Draw(t, "currency"),
		Confirmed: today.AddDays(-rapid.SampledFrom([]int{1, 1, 1, 1, int(today)}).Draw(t, "confirmed")),
		Expires:   today.AddDays(rapid.SampledFrom([]int{0, 9, 9, 9, -1}).Draw(t, "expires")), TotalMinor: total,
		UsedMinor:         money.Minor(rapid.Int64Range(0, int64(total)/4).Draw(t, "used")),
		PerLoanMinor:      max(1, total/money.Minor(rapid.IntRange(1, 4).Draw(t, "per loan"))),
		MinRatePPM:        money.PPM(rapid.SampledFrom([]int{0, 80_000, 120_000}).Draw(t, "floor")),
		MaxInstalments:    rapid.SampledFrom([]int{6, 12, 36, 36}).Draw(t, "longest"),
		MinInstalments:    rapid.SampledFrom([]int{0, 0, 12}).Draw(t, "shortest"),
		MaxRisk:           rapid.SampledFrom([]int{0, 0, 0, 3}).Draw(t, "risk"),
		MaxShareOfLoanPPM: money.PPM(rapid.SampledFrom([]int{250_000, 333_333, 1_000_000, 1_000_000}).Draw(t, "share")),
		Grades:            rapid.SampledFrom([][]string{nil, nil, {"B", "A"}, {"C"}}).Draw(t, "grades"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "limits") {
		m.Limits = append(m.Limits, matching.Limit{
			By: rapid.SampledFrom([]matching.Dimension{
				matching.ByBorrower, matching.ByGrade, matching.ByIndustry, matching.ByPlatform,
			}).Draw(t, "by"),
			Value:     rapid.SampledFrom([]string{"", "", "A", "retail"}).Draw(t, "value"),
			MostMinor: money.Minor(rapid.Int64Range(0, 200_000).Draw(t, "most")),
		})
	}
	if rapid.Bool().Draw(t, "lends") {
		m.Lent = []matching.Lent{{Borrower: "b-1", Grade: "A", Platform: "harbor", Industry: "retail", AmountMinor: 70_000}}
	}
	return m
}

func anyRequest(t *rapid.T, i int, joint bool) matching.Request {
	grade := rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "grade")
	r := matching.Request{
		ID: fmt.Sprintf("l-%d", i), Borrower: rapid.SampledFrom([]string{"b-1", "b-2", "b-3", "p-1"}).Draw(t, "borrower"),
		Platform: "harbor", Custodian: "meridian", Currency: "CNY",
		Industry: rapid.SampledFrom([]string{"retail", "farming"}).Draw(t, "industry"), Grade: grade,
		Risk:           int(grade[0]-'A') + rapid.IntRange(1, 3).Draw(t, "risk"),
		Instalments:    rapid.SampledFrom([]int{3, 12, 24}).Draw(t, "term"),
		RatePPM:        money.PPM(rapid.IntRange(60_000, 240_000).Draw(t, "rate")),
		PrincipalMinor: money.Minor(rapid.Int64Range(1, 600_000).Draw(t, "principal")),
		MinShareMinor:  money.Minor(rapid.SampledFrom([]int{0, 0, 30_050}).Draw(t, "least share")),
		Deadline:       today.AddDays(rapid.IntRange(-1, 3).Draw(t, "deadline")), Shortfall: matching.AllOrNothing,
	}
	if rapid.Bool().Draw(t, "whole yuan") {
		r.PrincipalMinor = (r.PrincipalMinor + 99) / 100 * 100
	}
	switch {
	case joint && rapid.Bool().Draw(t, "in the programme"):
		r.Programme = "joint"
	case rapid.Bool().Draw(t, "in part"):
		r.Shortfall = rapid.SampledFrom([]matching.Shortfall{matching.PartAtOnce, matching.PartAtDeadline}).Draw(t, "rule")
		r.LeastMinor = money.Minor(rapid.Int64Range(1, int64(r.PrincipalMinor)).Draw(t, "least"))
	}
	return r
}

func mustMatch(t interface{ Fatalf(string, ...any) }, book matching.Book) matching.Run {
	run, err := matching.Match(book)
	if err != nil {
		t.Fatalf("match: %v", err)
	}
	return run
}

func TestNoLimitIsEverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book := anyBook(t)
		run := mustMatch(t, book)
		if err := matching.Verify(book, run); err != nil {
			t.Fatal(err)
		}
		if most := bound.Of(book); run.Totals.MatchedMinor > most {
			t.Fatalf("matched %d, and %d is the most possible", run.Totals.MatchedMinor, most)
		}
		checkFitting(t, book, run)
	})
}

// checkFitting counts the mandates that fit each loan one by one, as sets did.
func checkFitting(t *rapid.T, book matching.Book, run matching.Run) {
	institutions := map[string]bool{}
	for _, p := range book.Programmes {
		for _, c := range p.Contributions {
			institutions[c.Mandate] = true
		}
	}
	lenders := map[string]matching.Lender{}
	for _, l := range book.Lenders {
		lenders[l.ID] = l
	}
	for i, r := range book.Requests {
		fitting, hindered := 0, map[matching.Obstacle]int{}
		for _, m := range book.Mandates {
			l := lenders[m.Lender]
			if institutions[m.ID] {
				continue
			}
			obstacle := cmp.Or(matching.Unusable(l, m, today), matching.Misfit(l, m, r, today))
			if obstacle == "" {
				fitting++
			} else {
				hindered[obstacle]++
			}
		}
		if s := run.Loans[i].Status; s == matching.Waiting || s == matching.FilledInPart {
			for _, h := range run.Loans[i].Obstacles {
				hindered[h.Obstacle] -= h.Count
			}
			for obstacle, off := range hindered {
				if off != 0 {
					t.Fatalf("loan %s: %s is counted %d too few", r.ID, obstacle, off)
				}
			}
		}
		if run.Loans[i].Loan != r.ID || run.Loans[i].Fitting != fitting {
			t.Fatalf("loan %s: %d fit, and the run says %d", r.ID, fitting, run.Loans[i].Fitting)
		}
	}
}

// The ledger's own package mandate decides over every allocation, and counts all of them together.
func TestTheLedgerWouldTakeEveryAllocation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book := anyBook(t)
		run := mustMatch(t, book)
		states := map[string]mandate.State{}
		for _, m := range book.Mandates {
			states[m.ID] = stateOf(m)
		}
		for i, outcome := range run.Loans {
			if outcome.Status != matching.Filled && outcome.Status != matching.FilledInPart {
				continue
			}
			r := book.Requests[i]
			for _, a := range outcome.Funded(func() string { return "h" }) {
				use := mandate.Use{
					Actor: party.Actor{Member: r.Platform, Kind: party.Platform, Role: party.Machine}, On: today,
					Handle: a.Mandate, Party: a.Lender, Purpose: mandate.Invest, Currency: r.Currency,
					AmountMinor: a.PrincipalMinor, Loan: r.ID, RatePPM: r.RatePPM, Instalments: r.Instalments,
					PrincipalMinor: outcome.FundedMinor,
				}
				events, err := mandate.Decide(states[a.Mandate], use)
				if err != nil {
					t.Fatalf("loan %s, mandate %s: %v", r.ID, a.Mandate, err)
				}
				states[a.Mandate] = mandate.Apply(states[a.Mandate], events[0])
			}
		}
	})
}

func stateOf(m matching.Mandate) mandate.State {
	return mandate.State{
		Terms: mandate.Terms{
			Handle: m.ID, Party: m.Lender, Platform: m.Platform, Custodian: m.Custodian, Purpose: mandate.Invest,
			Currency: m.Currency, TotalMinor: m.TotalMinor, Expires: m.Expires, PerLoanMinor: m.PerLoanMinor,
			MinRatePPM: m.MinRatePPM, MaxInstalments: m.MaxInstalments, MaxShareOfLoanPPM: m.MaxShareOfLoanPPM,
		},
		Confirmed: m.Confirmed, Revoked: m.Revoked, UsedMinor: m.UsedMinor,
	}
}

func TestTheOrderOfTheListsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book := anyBook(t)
		run := mustMatch(t, book)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shuffle"), 0))
		shuffle(r, book.Lenders)
		shuffle(r, book.Mandates)
		shuffle(r, book.Requests)
		for i := range book.Mandates {
			shuffle(r, book.Mandates[i].Limits)
		}
		if err := matching.Replay(book, run); err != nil {
			t.Fatal(err)
		}
	})
}

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
}

// The repair pass never fills less than the greedy pass alone, and fills more where it is tight.
func TestRepairingFillsMore(t *testing.T) {
	repaired, gained, short := 0, money.Minor(0), money.Minor(0)
	for seed := range uint64(300) {
		book := market(60, 12, 1, seed)
		run := mustMatch(t, book)
		if err := matching.Verify(book, run); err != nil {
			t.Fatal(err)
		}
		book.Policy.RepairSteps = 0
		without := mustMatch(t, book)
		repaired += run.Totals.Repaired
		gained += run.Totals.MatchedMinor - without.Totals.MatchedMinor
		short += bound.Of(book) - without.Totals.MatchedMinor
		if run.Totals.Filled < without.Totals.Filled {
			t.Fatalf("%d filled with the repair pass, %d without", run.Totals.Filled, without.Totals.Filled)
		}
	}
	if repaired == 0 || gained <= 0 {
		t.Errorf("in 300 tight markets %d loans repaired", repaired)
	}
	t.Logf("%d loans repaired; of %d fen below the maximum flow, %d gained", repaired, short, gained)
}

func TestAnotherBookIsNotReplayed(t *testing.T) {
	book := market(50, 10, 1, 3)
	run := mustMatch(t, book)
	book.Lenders[0].CashMinor++
	if err := matching.Replay(book, run); !errors.Is(err, matching.ErrRun) {
		t.Errorf("another book: %v", err)
	}
	book.Lenders[0].CashMinor--
	run.Loans[0].FundedMinor++
	if err := matching.Replay(book, run); !errors.Is(err, matching.ErrRun) {
		t.Errorf("a run that was touched: %v", err)
	}
}
