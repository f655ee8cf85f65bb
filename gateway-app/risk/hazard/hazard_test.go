package hazard_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/risk/hazard"
)

var start = calendar.NewDate(2016, 1, 4)

// lent is a loan of twelve equal rows, of which the borrower has paid some, each so many days late.
func lent(name string, late ...int) hazard.History {
	h := hazard.History{Loan: name, PrincipalMinor: 1_200_000, RatePPM: 120_000, TermMonths: 12, StartedOn: start}
	for i := range h.TermMonths {
		row := hazard.Row{Due: start.AddMonths(i + 1), PrincipalMinor: 100_000}
		if i < len(late) {
			row.PaidOn = row.Due.AddDays(late[i])
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

func TestAHistoryIsReadFromTheReceipts(t *testing.T) {
	plan := schedule.Terms{
		PrincipalMinor: 300_000, RatePPM: 120_000, Instalments: 3, Method: schedule.EqualPrincipal, DayCount: calendar.Actual365,
		Start: start, MonthEnd: calendar.Clamp,
	}
	state := loan.State{ID: "ch/harbor/1", PrincipalMinor: 300_000, Plan: &plan, Receipts: []loan.Seen{
		{BankReference: "3", ValueDate: start.AddMonths(2).AddDays(20), PrincipalMinor: 60_000},
		{BankReference: "1", ValueDate: start.AddMonths(1), PrincipalMinor: 100_000},
		{BankReference: "2", ValueDate: start.AddMonths(2), PrincipalMinor: 40_000},
		{BankReference: "9", ValueDate: start.AddMonths(2), PrincipalMinor: 60_000, Reversed: true},
	}}
	h, err := hazard.HistoryOf(state, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []calendar.Date{start.AddMonths(1), start.AddMonths(2).AddDays(20), 0}
	for i, row := range h.Rows {
		if row.PaidOn != want[i] {
			t.Errorf("row %d was paid on %s, want %s", i+1, row.PaidOn, want[i])
		}
	}
	on := start.AddMonths(2).AddDays(7)
	if days, left := h.PastDueDays(on), h.OutstandingMinor(on); days != 7 || left != 200_000 {
		t.Errorf("on %s the loan is %d days past due and owes %d, want 7 and 200,000", on, days, left)
	}
	if _, err := hazard.HistoryOf(loan.State{ID: "x"}, 0); err == nil {
		t.Error("a loan that was not disbursed has a history")
	}
}

func TestAnOutcomeIsKnownOnlyOnceItsTimeHasPassed(t *testing.T) {
	due := func(row, days int) calendar.Date { return start.AddMonths(row).AddDays(days) }
	paysOn := lent("pays", 0, 0, 0, 0, 0, 0)
	stops := lent("stops", 0, 0)
	for _, c := range []struct {
		name           string
		h              hazard.History
		on, through    calendar.Date
		overdue, known bool
	}{
		{"it pays and the horizon has passed", paysOn, due(1, 0), due(1, hazard.HorizonDays), false, true},
		{"it pays and a day is missing", paysOn, due(1, 0), due(1, hazard.HorizonDays-1), false, false},
		{"it stops, and the thirty-first day has come", stops, due(2, 0), due(3, hazard.LateDays+1), true, true},
		{"it stops, and the thirtieth day has come", stops, due(2, 0), due(3, hazard.LateDays), false, false},
		{"it paid thirty days late", lent("late", 30, 0, 0, 0, 0), due(1, 0), due(6, 0), false, true},
		{"it paid thirty-two days late", lent("later", 32, 1, 0, 0, 0), due(1, 0), due(6, 0), true, true},
	} {
		if overdue, known := c.h.Outcome(c.on, c.through); overdue != c.overdue || known != c.known {
			t.Errorf("%s: overdue %t, known %t; want %t, %t", c.name, overdue, known, c.overdue, c.known)
		}
	}
}

// Who pays later and later is warned of before the loan is overdue by more than thirty days; who pays again, less.
func TestProbabilityFollowsThePayer(t *testing.T) {
	rule := hazard.Start{Loans: 180, Overdue: 9}
	slipping := lent("slips", 0, 0, 4, 9, 15, 0, 0, 0, 0)
	chance := func(row, days int) int64 {
		return rule.Answer(slipping, start.AddMonths(row).AddDays(days)).ProbabilityPPM
	}
	before, worse, worst, after := chance(2, 1), chance(4, 5), chance(5, 14), chance(9, 1)
	if before >= worse || worse >= worst || after >= worst {
		t.Errorf("the chance goes %d, %d, %d, and %d after three rows in time", before, worse, worst, after)
	}
	answer := rule.Answer(slipping, start.AddMonths(5).AddDays(14))
	if len(answer.Reasons) == 0 || answer.Reasons[0].Words.ZH == "" || answer.Reasons[0].Moved <= 0 {
		t.Errorf("the reasons are %+v", answer.Reasons)
	}
}

func TestFeaturesKnowNothingOfTheFuture(t *testing.T) {
	on := start.AddMonths(3).AddDays(5)
	then := lent("a", 0, 2, 3)
	later := lent("a", 0, 2, 3, 0, 0, 25)
	if !slices.Equal(then.Features(on), later.Features(on)) {
		t.Errorf("what came after %s changes its features: %v, %v", on, then.Features(on), later.Features(on))
	}
	if len(then.Features(on)) != len(hazard.Names()) {
		t.Error("a feature has no name")
	}
}

// drawn are loans of payers of two kinds: most pay more or less in time, some slip and then stop.
func drawn(n int) []hazard.History {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([]hazard.History, n)
	for i := range list {
		slips := r.Float64() < .3
		var late []int
		for row := range 12 {
			if slips && row > 2 && r.Float64() < .15 {
				break
			}
			days := 0
			if r.Float64() < .1 || slips && r.Float64() < .5 {
				days = 1 + r.IntN(20)
			}
			late = append(late, days)
		}
		list[i] = lent(fmt.Sprintf("ch/harbor/%d", i), late...)
	}
	return list
}

func TestAModelIsTheSameTwiceAndBetterThanNothing(t *testing.T) {
	through := start.AddMonths(18)
	model, report, err := hazard.Train(drawn(300), through)
	if err != nil {
		t.Fatal(err)
	}
	if report.AUC < .6 || report.AUC <= report.StartAUC-.02 {
		t.Errorf("the model's AUC is %.3f, the rule's %.3f", report.AUC, report.StartAUC)
	}
	was := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(was)
	again, _, err := hazard.Train(drawn(300), through)
	if err != nil || again.Hash() != model.Hash() {
		t.Errorf("the second model is %v, with error %v; the first was %s", again, err, model.Hash())
	}
	read, err := hazard.Parse(model.File())
	if err != nil || read.Hash() != model.Hash() {
		t.Errorf("the file reads as another model: %v", err)
	}
	on := start.AddMonths(5).AddDays(14)
	good, bad := read.Answer(lent("good", 0, 0, 0, 0, 0), on), read.Answer(lent("bad", 0, 9, 12, 15), on)
	if good.ProbabilityPPM >= bad.ProbabilityPPM || len(bad.Reasons) == 0 {
		t.Errorf("who pays in time has %d, who slips %d", good.ProbabilityPPM, bad.ProbabilityPPM)
	}
}

func TestRefusals(t *testing.T) {
	_, report, err := hazard.Train(drawn(5), start.AddMonths(18))
	if !errors.Is(err, hazard.ErrTooFew) || report.Observations == 0 {
		t.Errorf("five loans give %v", err)
	}
	model, _, err := hazard.Train(drawn(300), start.AddMonths(18))
	if err != nil {
		t.Fatal(err)
	}
	text := string(model.File())
	for what, spoilt := range map[string]string{
		"an unknown field":  strings.Replace(text, `"kind"`, `"kin"`, 1),
		"another kind":      strings.Replace(text, `"hazard"`, `"scorecard"`, 1),
		"another horizon":   strings.Replace(text, `"horizon_days":90`, `"horizon_days":30`, 1),
		"another feature":   strings.Replace(text, `"past_due"`, `"sex"`, 1),
		"something behind":  text + "{}",
		"nothing of a file": "",
	} {
		if _, err := hazard.Parse([]byte(spoilt)); err == nil {
			t.Errorf("%s is read as a model", what)
		}
	}
}

func TestTheRuleWithoutHistoryStartsFromTheDecision(t *testing.T) {
	rule := hazard.Start{}
	h := lent("a")
	risky, safe := h, h
	risky.ProbabilityPPM, safe.ProbabilityPPM = int64(money.Million)/2, int64(money.Million)/100
	on := start.AddDays(10)
	if r, s := rule.Answer(risky, on), rule.Answer(safe, on); r.ProbabilityPPM <= s.ProbabilityPPM {
		t.Errorf("half a chance of default gives %d, a hundredth %d", r.ProbabilityPPM, s.ProbabilityPPM)
	}
	// 1 − (1 − 1/2)^(90 days of 360) = .159104
	if got := rule.Answer(risky, on).ProbabilityPPM; got != 159_104 {
		t.Errorf("half a chance over twelve months is %d millionths over three, want 159,104", got)
	}
}
