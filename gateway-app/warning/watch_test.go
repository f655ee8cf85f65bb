package warning_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// slip has a borrower pay three rows later and later, and then not the fourth, until so many days after it.
func (w *tower) slip(days int) string {
	w.t.Helper()
	id := w.books.lend(1)
	w.catchUp()
	for row, late := range []int{4, 9, 14} {
		on := lentOn.AddMonths(row + 1).AddDays(late)
		w.until(on)
		w.books.pay(id, 1, on)
		w.catchUp()
	}
	w.until(lentOn.AddMonths(4).AddDays(days))
	return id
}

// Who pays later each month is warned of before being overdue by more than thirty days. Who pays again is less and less
// likely to be, and the warning ends with the loan.
func TestABorrowerSlipsRecoversAndRepays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		id := w.slip(28)
		first := w.watched(id).Steps[0]
		raised := w.warnings(warning.Filter{Loan: id})
		if len(raised) != 1 || raised[0].Rule != "risen" || raised[0].Status != warning.Open || raised[0].Pack != "reporting-1" {
			t.Fatalf("28 days after the fourth instalment the warnings are %+v", raised)
		}
		if one := raised[0]; one.PastDueDays > 30 || one.PastDueDays == 0 || one.ProbabilityPPM <= first.ProbabilityPPM || one.WentOverdue != "" {
			t.Errorf("the warning is %+v, when the loan began at %d", one, first.ProbabilityPPM)
		}
		if len(raised[0].Reasons) == 0 || raised[0].Reasons[0].Words.ZH == "" {
			t.Errorf("the warning gives as reasons %+v", raised[0].Reasons)
		}
		worst := w.watched(id)
		w.books.pay(id, 1, lentOn.AddMonths(4).AddDays(28))
		for row := 5; row <= 9; row++ {
			w.until(lentOn.AddMonths(row))
			w.books.pay(id, 1, lentOn.AddMonths(row))
			w.catchUp()
		}
		better := w.watched(id)
		if better.ProbabilityPPM >= worst.ProbabilityPPM || better.Band == worst.Band || better.PastDueDays != 0 {
			t.Errorf("after five instalments in time the loan is at %d in %s, from %d in %s",
				better.ProbabilityPPM, better.Band, worst.ProbabilityPPM, worst.Band)
		}
		w.books.pay(id, 3, lentOn.AddMonths(9))
		w.catchUp()
		closed := w.warnings(warning.Filter{Loan: id})[0]
		if closed.Status != warning.Closed || closed.Outcome != warning.Repaid || closed.ClosedBy != "" || closed.ClosedOn != lentOn.AddMonths(9).String() {
			t.Errorf("the loan is repaid, and its warning %+v", closed)
		}
		if got := w.told(); !slices.Equal(got, []string{"warning.raised", "warning.closed"}) {
			t.Errorf("the feed tells %v", got)
		}
		if last := w.watched(id); last.Band != warning.Settled || last.Steps[len(last.Steps)-1].Band != warning.Settled {
			t.Errorf("the repaid loan stands as %+v", last)
		}
	})
}

// What a warning foretold is noted with the day on which it came, and no other is raised of what has come already.
func TestAWarningComesTrue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		id := w.slip(75)
		want := lentOn.AddMonths(4).AddDays(31).String()
		list := w.warnings(warning.Filter{Loan: id})
		for _, one := range list {
			if one.WentOverdue != want || one.PastDueDays > 30 {
				t.Errorf("rule %s, raised at %d days, came true on %q, want %s", one.Rule, one.PastDueDays, one.WentOverdue, want)
			}
		}
		counts, err := w.Counts(t.Context(), "", "")
		if err != nil || len(counts) != len(list) || len(list) < 2 || counts[0].Raised != 1 || counts[0].Overdue != 1 || counts[0].Known != 1 {
			t.Errorf("the counts of %d warnings are %+v, error %v", len(list), counts, err)
		}
		w.books.writeOff(id)
		w.catchUp()
		if open := w.warnings(warning.Filter{Status: warning.Open}); len(open) != 0 {
			t.Errorf("the loan is written off, and %d warnings are open", len(open))
		}
		if one := w.warnings(warning.Filter{})[0]; one.Outcome != warning.WrittenOff {
			t.Errorf("the warning ended as %s", one.Outcome)
		}
	})
}

// A warning whose ninety days have passed in peace was no hit, and one that is young is not known yet.
func TestWhatDoesNotComeIsKnownAfterTheHorizon(t *testing.T) {
	w := newTower(t, storetest.SQLite(t))
	id := w.slip(28)
	raisedOn, err := calendar.Parse(w.warnings(warning.Filter{})[0].RaisedOn)
	w.done(err)
	w.books.pay(id, 9, lentOn.AddMonths(4).AddDays(28))
	for days, known := range map[int]int64{90: 0, 91: 1} {
		w.books.open(raisedOn.AddDays(days))
		counts, err := w.Counts(t.Context(), "2026-05-01", "2026-05-31")
		if err != nil || len(counts) != 1 || counts[0].Known != known || counts[0].Overdue != 0 || counts[0].Month != "2026-05" {
			t.Errorf("%d days after it the counts are %+v, error %v; want %d known", days, counts, err, known)
		}
	}
	if counts, err := w.Counts(t.Context(), "2026-06-01", ""); err != nil || len(counts) != 0 {
		t.Errorf("of June on there are %+v, error %v", counts, err)
	}
}

// A turn that breaks off after its last notice leaves nothing, and the next does all of it once.
func TestACrashLosesNothingAndDoublesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, calm := newTower(t, db), newTower(t, storetest.SQLite(t))
		want := calm.slip(28)
		trigger(t, db, true)
		w.Watch = w.process()
		id := w.books.lend(1)
		w.catchUp()
		for row, late := range []int{4, 9, 14} {
			on := lentOn.AddMonths(row + 1).AddDays(late)
			w.until(on)
			w.books.pay(id, 1, on)
			w.catchUp()
		}
		failures := 0
		for day := lentOn.AddMonths(4).AddDays(1); day <= lentOn.AddMonths(4).AddDays(28); day = day.AddDays(3) {
			w.books.open(day)
			if _, err := w.Turn(t.Context()); err != nil {
				failures++
			}
		}
		if failures == 0 {
			t.Fatal("no turn broke off")
		}
		if len(w.warnings(warning.Filter{})) != 0 {
			t.Error("a turn that broke off left a warning")
		}
		trigger(t, db, false)
		if len(w.told()) != 0 {
			t.Error("a turn that broke off left a notice")
		}
		w.catchUp()
		if got := w.warnings(warning.Filter{}); len(got) != 1 || len(w.told()) != 1 {
			t.Errorf("after the failure there are %d warnings and the notices %v", len(got), w.told())
		}
		if a, b := w.watched(id), calm.watched(want); a.Status != b.Status || a.Band != b.Band {
			t.Errorf("after the failure the loan stands as %+v, without one as %+v", a.Loan, b.Loan)
		}
	})
}

// trigger has the database refuse notices, or no longer: the very last row that a turn writes.
func trigger(t *testing.T, db *store.DB, on bool) {
	t.Helper()
	statements := []string{`ALTER TABLE notice RENAME TO notice_away`}
	if !on {
		statements = []string{`ALTER TABLE notice_away RENAME TO notice`}
	}
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Of two processes that take the same turn one writes, and what they write together is what one would have.
func TestTwoProcessesWatchAsOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		other := w.process()
		for n := range 40 {
			w.books.lend(n)
		}
		for _, day := range []int{40, 45, 50, 55} {
			w.books.open(lentOn.AddDays(day))
			var both sync.WaitGroup
			for _, one := range []*warning.Watch{w.Watch, other} {
				both.Go(func() {
					for more := true; more; {
						var err error
						if more, err = one.Turn(t.Context()); err != nil {
							t.Errorf("on day %d: %v", day, err)
							return
						}
					}
				})
			}
			both.Wait()
		}
		perLoan := map[string]int{}
		for _, one := range w.warnings(warning.Filter{}) {
			perLoan[one.Loan+one.Rule]++
			if one.Rule != "first_instalment_missed" || perLoan[one.Loan+one.Rule] > 1 {
				t.Errorf("there is a warning too many: %+v", one)
			}
		}
		if len(perLoan) != 40 || len(w.told()) != 40 {
			t.Errorf("forty loans missed their first instalment: %d warnings, %d notices", len(perLoan), len(w.told()))
		}
	})
}

// A read model that is begun anew brings the same rows again, and nothing follows from them a second time.
func TestARebuiltModelRaisesNothingAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		id := w.slip(28)
		before := w.watched(id)
		w.books.change(func() { w.books.hidden = len(w.books.feed) })
		for w.books.hidden > 0 {
			w.books.change(func() { w.books.hidden-- })
			w.Watch = w.process()
			w.catchUp()
		}
		if n := len(w.warnings(warning.Filter{})); n != 1 || len(w.told()) != 1 {
			t.Errorf("the model was rebuilt, and there are %d warnings and the notices %v", n, w.told())
		}
		if after := w.watched(id); after.RefreshedAt != before.RefreshedAt || len(after.Steps) != len(before.Steps) {
			t.Errorf("the model was rebuilt, and the loan went from %+v to %+v", before, after)
		}
	})
}

// A model that is begun anew while a turn reads it costs the turn, not the loans in it.
func TestATurnOverARebuiltModelIsRepeated(t *testing.T) {
	w := newTower(t, storetest.SQLite(t))
	id := w.books.lend(1)
	w.books.broken = fault.In(fault.NotFound, "loan")
	if _, err := w.Turn(t.Context()); err == nil {
		t.Error("a turn went past a loan that it could not read")
	}
	w.books.broken = nil
	w.catchUp()
	if w.watched(id).ProbabilityPPM == 0 {
		t.Error("the loan was not refreshed")
	}
}

// Another pack counts from its day on, without a restart; a rule of it that does not compile, or fails, stops no other.
func TestAnotherPackChangesTheRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		rule := func(id, expression string) regime.Warning {
			return regime.Warning{Severity: regime.SeverityLow, Rule: regime.Rule{
				ID: id, Version: 2, Words: regime.Words{EN: id, ZH: id}, Source: "a test", Expression: expression,
			}}
		}
		from := lentOn.AddMonths(2)
		w.books.adopt("reporting-2", from,
			rule("slipped", "past_due_dais > 1"), rule("divided", "1 / (past_due_days - past_due_days) > 0"),
			rule("late", `past_due_days >= 2 && grade == "B" && before_ppm > 0 && outstanding_minor > 0 && term_months == 12`))
		id := w.books.lend(1)
		w.until(lentOn.AddMonths(1).AddDays(4))
		if n := len(w.warnings(warning.Filter{})); n != 0 {
			t.Errorf("the pack of the future has raised %d warnings", n)
		}
		w.books.pay(id, 1, lentOn.AddMonths(1).AddDays(4))
		w.until(from.AddDays(4))
		found := w.warnings(warning.Filter{})
		if len(found) != 1 || found[0].Rule != "late" || found[0].RuleVersion != 2 || found[0].Pack != "reporting-2" || found[0].Severity != "low" {
			t.Errorf("under the second pack the warnings are %+v", found)
		}
	})
}

// After somebody has closed a warning its rule is silent about the loan for thirty days; a receipt that bounced is news.
func TestARuleIsQuietAfterSomebodyHasLooked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTower(t, db)
		id := w.books.lend(1)
		w.books.adopt("owing", lentOn, regime.Warning{Severity: "low", Rule: regime.Rule{ID: "owing", Version: 1, Expression: "outstanding_minor > 0"}})
		w.catchUp()
		first := w.warnings(warning.Filter{})[0]
		_, err := w.Close(t.Context(), first.ID, warning.NoAction, "ann")
		w.done(err)
		for days, want := range []int{29: 1, 30: 2} {
			if want == 0 {
				continue
			}
			w.books.open(lentOn.AddDays(days))
			w.books.change(func() { w.books.happen("repayment.reversed", id) })
			w.catchUp()
			if n := len(w.warnings(warning.Filter{})); n != want {
				t.Errorf("%d days after it was closed there are %d warnings, want %d", days, n, want)
			}
		}
		w.books.pay(id, 12, lentOn.AddDays(30))
		w.catchUp()
		w.books.bounce(id)
		w.catchUp()
		if open := w.warnings(warning.Filter{Status: warning.Open}); len(open) != 1 {
			t.Errorf("the money bounced, and %d warnings are open", len(open))
		}
	})
}

// For how long it is silent is a figure of the rule.
func TestQuietDaysAreTheRulesFigure(t *testing.T) {
	w := newTower(t, storetest.SQLite(t))
	id := w.books.lend(1)
	owing := regime.Rule{ID: "owing", Version: 1, Expression: "outstanding_minor > 0", Figures: []regime.Figure{{Name: "quiet_days", Value: 3}}}
	w.books.adopt("owing", lentOn, regime.Warning{Severity: "low", Rule: owing})
	w.catchUp()
	_, err := w.Close(t.Context(), w.warnings(warning.Filter{})[0].ID, warning.NoAction, "ann")
	w.done(err)
	for days, want := range []int{1, 1, 1, 2} {
		w.books.open(lentOn.AddDays(days))
		w.books.change(func() { w.books.happen("repayment.reversed", id) })
		w.catchUp()
		if n := len(w.warnings(warning.Filter{})); n != want {
			t.Errorf("%d days after it was closed there are %d warnings, want %d", days, n, want)
		}
	}
	for _, value := range []int64{-1, 401} {
		owing.Figures[0].Value = value
		if _, err := warning.Compile(regime.Warning{Rule: owing}); err == nil {
			t.Errorf("%d quiet days were taken", value)
		}
	}
}

// Run follows by itself, and goes on after a failure.
func TestRunFollows(t *testing.T) {
	w := newTower(t, storetest.SQLite(t))
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	reported := make(chan struct{})
	ended := make(chan struct{})
	w.books.broken = errBroken
	id := w.books.lend(1)
	go func() {
		defer close(ended)
		_ = w.Run(ctx, func(error) { once.Do(func() { close(reported) }) }) // ends with the context
	}()
	<-reported
	w.books.change(func() { w.books.broken = nil })
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := w.Loan(ctx, id); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the loan was not refreshed within 10 s")
		}
	}
	cancel()
	<-ended
}

// Loans of others, and custodians that the platform has nothing with, change nothing.
func TestOthersAreNotWatched(t *testing.T) {
	w := newTower(t, storetest.SQLite(t))
	w.books.day["elsewhere"] = calendar.NewDate(2020, 1, 1)
	other, own := w.books.lendBy("lantern", 1), w.books.lend(2)
	w.catchUp()
	if _, err := w.Loan(t.Context(), other); fault.Of(err).Code != fault.NotFound {
		t.Errorf("a loan of another platform answers %v", err)
	}
	if on := w.watched(own).On; on != lentOn.String() {
		t.Errorf("the loan is as of %s", on)
	}
}

// The notices name ids, and nobody.
func TestNoticesNameNobody(t *testing.T) {
	w := newTower(t, storetest.SQLite(t))
	w.slip(28)
	entries, err := w.feed.List(t.Context(), 0, 10, notice.Filter{})
	w.done(err)
	for _, e := range entries {
		if strings.Contains(string(e.Payload), "borrower") || e.Kind != notice.Warning {
			t.Errorf("a notice says %s", e.Payload)
		}
	}
}

// A platform without history is warned too: the shipped rule that counts days needs no model, and warns before the loan
// is overdue by more than thirty days.
func TestLongPastDueIsWarnedOfWithoutAModel(t *testing.T) {
	w := newTower(t, storetest.SQLite(t))
	w.books.adopt("reporting-2", lentOn, scenario.Reporting().Reporting.Warnings...)
	id := w.books.lend(1)
	w.catchUp()
	w.until(lentOn.AddMonths(1))
	w.books.pay(id, 1, lentOn.AddMonths(1))
	w.catchUp()
	w.until(lentOn.AddMonths(2).AddDays(19))
	if early := w.warnings(warning.Filter{Loan: id}); len(early) != 0 {
		t.Errorf("19 days after an unpaid instalment the warnings are %+v", early)
	}
	w.until(lentOn.AddMonths(2).AddDays(20))
	raised := w.warnings(warning.Filter{Loan: id, Rule: "long_past_due"})
	if len(raised) != 1 || raised[0].PastDueDays != 20 || raised[0].Pack != "reporting-2" {
		t.Errorf("20 days after an unpaid instalment the warnings are %+v", raised)
	}
}
