package portfolio_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

var (
	meridian = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Supervisor}
	order    = repayment.Order{Components: []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty}}
	flat     = schedule.Charge{Payee: schedule.PayeeCustodian, Basis: schedule.BasisFlat, FlatMinor: 100}
	share    = schedule.Charge{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 30_000}
)

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// lent is a loan of CNY 1,200 at 12 % a year in three instalments of equal principal, paid out on 2 January 2024: due
// are 400 + 12 on 2 February, 400 + 8 on 2 March and 400 + 4 on 2 April.
func lent(id, borrower string) (loan.State, loan.Terms) {
	terms := loan.Terms{
		ID: id, Platform: "harbor", Custodian: "meridian", Borrower: borrower, PrincipalMinor: 120_000, RatePPM: 120_000,
		Instalments: 3, Method: schedule.EqualPrincipal, DayCount: calendar.Thirty360, Grade: "B", Charges: []schedule.Charge{flat, share},
	}
	plan := terms.Plan(day("2024-01-02"))
	s := loan.Apply(loan.State{}, loan.Event{Kind: loan.ActPropose, Proposal: &loan.Proposal{
		ID: id, Platform: "harbor", Custodian: "meridian", Borrower: borrower, PrincipalMinor: terms.PrincipalMinor, PenaltyRatePPM: 180_000,
	}})
	s = loan.Apply(s, loan.Event{Kind: loan.ActFund, Weights: []money.Minor{terms.PrincipalMinor}})
	return loan.Apply(s, loan.Event{Kind: loan.ActActivate, Plan: &plan}), terms
}

// receive books an amount on a day.
func receive(t *testing.T, s loan.State, reference string, amount money.Minor, on string) (loan.State, loan.Received) {
	t.Helper()
	events, err := distribution.Decide(s, distribution.Receipt{BankReference: reference, AmountMinor: amount, ValueDate: day(on)}, order, meridian, day(on))
	if err != nil {
		t.Fatal(err)
	}
	return loan.Apply(s, events[0]), *events[0].Received
}

// at makes the position and checks what of it is unpaid: outstanding principal, then date, principal and interest by row.
func at(t *testing.T, s loan.State, terms loan.Terms, outstanding money.Minor, unpaid ...portfolio.Due) portfolio.Position {
	t.Helper()
	p, err := portfolio.PositionOf(s, terms, []string{"ann"})
	if err != nil {
		t.Fatal(err)
	}
	if p.OutstandingMinor != outstanding || !reflect.DeepEqual(p.Unpaid, unpaid) {
		t.Errorf("outstanding are %d and unpaid %v, want %d and %v", p.OutstandingMinor, p.Unpaid, outstanding, unpaid)
	}
	if len(unpaid) == 0 && !p.DueOn.IsZero() || len(unpaid) > 0 && p.DueOn != unpaid[0].On {
		t.Errorf("the oldest unpaid row is due on %v", p.DueOn)
	}
	return p
}

var (
	february = portfolio.Due{On: day("2024-02-02"), PrincipalMinor: 40_000, InterestMinor: 1_200}
	march    = portfolio.Due{On: day("2024-03-02"), PrincipalMinor: 40_000, InterestMinor: 800}
	april    = portfolio.Due{On: day("2024-04-02"), PrincipalMinor: 40_000, InterestMinor: 400}
)

func TestAPositionFollowsWhatWasPaid(t *testing.T) {
	s, terms := lent("L1", "cai")
	p := at(t, s, terms, 120_000, february, march, april)
	if p.Grade != "B" || p.Related || p.TermMonths != 3 || p.StartedOn != day("2024-01-02") || p.InterestMinor() != 2_400 {
		t.Errorf("the position is %+v", p)
	}
	// The row of February is paid with its charges of 1.00 and 0.36; the receipt brings 100.00 more, which pay the next
	// row in advance: principal, because no interest has accrued on it yet.
	paid, received := receive(t, s, "R1", 41_200+136+10_000, "2024-02-02")
	if received.Parts.RefundMinor != 0 {
		t.Fatalf("the receipt was taken apart into %+v", received.Parts)
	}
	at(t, paid, terms, 70_000, portfolio.Due{On: march.On, PrincipalMinor: 30_000, InterestMinor: 800}, april)
	// Without it all is owed again.
	events, err := distribution.Reverse(paid, received, meridian, day("2024-02-03"))
	if err != nil {
		t.Fatal(err)
	}
	at(t, loan.Apply(paid, events[0]), terms, 120_000, february, march, april)
}

// A loan that is paid off early owes nothing more, also of interest that nobody earned. When the receipt that paid its
// first row is reversed, that row's 400.00 and 12.00 come back and no more: what the other receipt brought fills the rows
// from the first on, which leaves 8.00 of its interest, and 400.00 and 4.00 of the row that the payoff made.
func TestAnEarlyPayoffEndsTheRows(t *testing.T) {
	s, terms := lent("L1", "cai")
	s, first := receive(t, s, "R1", 41_200+136, "2024-02-02")
	s, last := receive(t, s, "R2", 200_000, "2024-02-17")
	if s.Status != loan.Repaid || last.Payoff == nil || last.Payoff.InterestMinor != 400 {
		t.Fatalf("the loan is %s, by %+v", s.Status, last.Payoff)
	}
	at(t, s, terms, 0)
	events, err := distribution.Reverse(s, first, meridian, day("2024-02-18"))
	if err != nil {
		t.Fatal(err)
	}
	p := at(t, loan.Apply(s, events[0]), terms, 40_000,
		portfolio.Due{On: february.On, InterestMinor: 800}, portfolio.Due{On: day("2024-02-17"), PrincipalMinor: 40_000, InterestMinor: 400})
	if p.Status != loan.Active || p.InterestMinor() != 1_200 {
		t.Errorf("the position is %+v", p)
	}
}

func TestWhatWasNotDisbursedHasNoPosition(t *testing.T) {
	_, terms := lent("L1", "cai")
	p, err := portfolio.PositionOf(loan.State{ID: "L1", Status: loan.Funded}, terms, nil)
	if err != nil || !reflect.DeepEqual(p, portfolio.Position{}) {
		t.Errorf("%+v, %v", p, err)
	}
	s, _ := lent("L2", "cai")
	if _, err := portfolio.PositionOf(s, terms, nil); err == nil {
		t.Error("terms of another loan made a position")
	}
}

// Three loans to two borrowers: one as agreed, one of which the first row is late, one that is written off and related.
func TestAStandingAddsPositionsUp(t *testing.T) {
	one, terms := lent("L1", "cai")
	one, _ = receive(t, one, "R1", 41_336, "2024-02-02")
	two, twoTerms := lent("L2", "cai")
	three, threeTerms := lent("L3", "dan")
	three = loan.Apply(three, loan.Event{Kind: loan.ActWriteOff, On: day("2024-03-15")})
	threeTerms.Related, threeTerms.Grade = true, ""
	four, fourTerms := lent("L4", "eve")
	four, _ = receive(t, four, "R4", 200_000, "2024-01-02")
	var positions []portfolio.Position
	for _, l := range []struct {
		state   loan.State
		terms   loan.Terms
		lenders []string
	}{{one, terms, []string{"ann"}}, {two, twoTerms, []string{"ann", "bob"}}, {three, threeTerms, []string{"bob", "bob"}}, {four, fourTerms, []string{"fay"}}} {
		p, err := portfolio.PositionOf(l.state, l.terms, l.lenders)
		if err != nil {
			t.Fatal(err)
		}
		positions = append(positions, p)
	}
	other := positions[0]
	other.Platform = "lantern"
	positions = append(positions, other, portfolio.Position{})
	want := portfolio.Standing{
		Platform: "harbor", Custodian: "meridian", On: day("2024-04-02"),
		Lent: portfolio.Amount{Loans: 4, AmountMinor: 480_000}, Balance: portfolio.Amount{Loans: 3, AmountMinor: 320_000},
		Interest:  portfolio.Amount{Loans: 3, AmountMinor: 1_200 + 2_400 + 2_400},
		Borrowers: 3, BorrowersCurrent: 2, Lenders: 3, LendersCurrent: 2, LargestMinor: []money.Minor{200_000, 120_000},
		Related: portfolio.Amount{Loans: 1, AmountMinor: 120_000},
		Overdue: []portfolio.Overdue{
			{DueOn: february.On, Loans: 2, OutstandingMinor: 240_000}, {DueOn: march.On, Loans: 1, OutstandingMinor: 80_000},
		},
		Unpaid: []portfolio.Due{
			{On: february.On, PrincipalMinor: 80_000, InterestMinor: 2_400}, {On: march.On, PrincipalMinor: 120_000, InterestMinor: 2_400},
		},
		Charges: []portfolio.ChargeStandard{{Charge: flat, Loans: 4}, {Charge: share, Loans: 4}},
	}
	got := portfolio.Measure(positions, "harbor", "meridian", day("2024-04-02"))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the standing is\n%+v\nand not\n%+v", got, want)
	}
	// On 2 April, February is 60 days and March 31 days ago.
	for days, loans := range map[int64]int64{0: 3, 30: 3, 31: 2, 59: 2, 60: 0} {
		if o := got.OverdueBy(days); o.Loans != loans {
			t.Errorf("overdue for more than %d days are %+v, want %d loans", days, o, loans)
		}
	}
	if u := got.UnpaidBy(31); u.PrincipalMinor != 80_000 || u.InterestMinor != 2_400 {
		t.Errorf("unpaid for more than 31 days are %+v", u)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(positions), func(i, j int) { positions[i], positions[j] = positions[j], positions[i] })
	again, err := json.Marshal(portfolio.Measure(positions, "harbor", "meridian", day("2024-04-02")))
	if text, _ := json.Marshal(want); err != nil || string(again) != string(text) {
		t.Errorf("in another order the standing is\n%s\nand not\n%s", again, text)
	}
}

// Of eleven borrowers the ten largest are listed; who owes nothing is none of them.
func TestTheTenLargestBorrowersAreListed(t *testing.T) {
	var positions []portfolio.Position
	for n := range 12 {
		positions = append(positions, portfolio.Position{
			Loan: "L", Platform: "harbor", Custodian: "meridian", Borrower: string(rune('a' + n)), PrincipalMinor: 500, OutstandingMinor: money.Minor(n),
		})
	}
	got := portfolio.Measure(positions, "harbor", "meridian", day("2024-04-02"))
	if want := []money.Minor{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}; !reflect.DeepEqual(got.LargestMinor, want) || got.BorrowersCurrent != 11 {
		t.Errorf("the largest of %d are %v, want %v", got.BorrowersCurrent, got.LargestMinor, want)
	}
}
