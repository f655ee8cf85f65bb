package submission_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// duties are the months that harbor must state, as "2016-01 late due 2016-02-05 came 2016-02-09 2".
func (w *world) duties() string {
	w.t.Helper()
	list, err := w.regulator.Duties(w.t.Context(), harbor)
	w.done(err)
	texts := make([]string, len(list))
	for i, d := range list {
		texts[i] = fmt.Sprintf("%s %s due %s", d.Period, d.Standing, d.DueOn)
		if !d.CameOn.IsZero() {
			texts[i] += " came " + d.CameOn.String()
		}
		if d.LateDays > 0 {
			texts[i] += fmt.Sprint(" ", d.LateDays)
		}
	}
	return strings.Join(texts, ", ")
}

func (w *world) stands(want string) {
	w.t.Helper()
	if got := w.duties(); got != want {
		w.t.Errorf("on %s the months are %q, want %q", w.own.day.Date, got, want)
	}
}

// goOn closes the open day and opens another.
func (w *world) goOn(to calendar.Date) {
	w.own.close()
	w.own.open(to)
}

// missed are the months of which the regulator's feed says that they are missing.
func (w *world) missed() []string {
	w.t.Helper()
	list, err := w.feeds[1].List(w.t.Context(), 0, 1_000, notice.Filter{Types: []string{"submission.missing"}})
	w.done(err)
	var texts []string
	for _, n := range list {
		texts = append(texts, n.Subject+" "+string(n.Payload))
	}
	return texts
}

// publishes has the platform state a month by hand, and hand it in at once.
func (w *world) publishes(period string) submission.Record {
	w.t.Helper()
	made, err := w.platform.Publish(w.t.Context(), period, "", submission.MonthWentOn)
	w.done(err)
	return made
}

// looks runs the regulator's task until its feed names as many missing months.
func (w *world) looks(missing int) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer stop()
	var task sync.WaitGroup
	task.Go(func() { w.done(w.regulator.Run(ctx, func(err error) { w.t.Error("regulator:", err) })) })
	for len(w.missed()) < missing && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // ten turns more, in which nothing may be told twice
	stop()
	task.Wait()
	if got := w.missed(); len(got) != missing {
		w.t.Errorf("the feed says of %v that it is missing, want %d", got, missing)
	}
}

func TestAMonthIsStatedInTime(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.stands("")
		w.own.open(day(2016, 1, 4))
		w.stands("")
		w.aMonth()
		w.stands("2016-01 due due 2016-02-05")
		w.goOn(day(2016, 2, 5))
		if made := w.publishes("2016-01"); made.CameOn != 0 || w.last(w.regulator, submission.Disclosure, "2016-01").CameOn != day(2016, 2, 5) {
			t.Errorf("it came at the platform %s", made.CameOn)
		}
		w.goOn(day(2016, 2, 19))
		w.stands("2016-01 in_time due 2016-02-05 came 2016-02-05, 2016-02 due due 2016-03-07")
		w.looks(0)
	})
}

// A month that comes on the sixth working day is late by one, and stays it; the feed was told of it once, whatever was
// started anew meanwhile.
func TestAMonthIsMissingThenLate(t *testing.T) {
	each(t, func(t *testing.T, w *world, regulator *store.DB) {
		w.aMonth()
		w.goOn(day(2016, 2, 5))
		w.looks(0)
		w.goOn(day(2016, 2, 8))
		w.stands("2016-01 missing due 2016-02-05 1, 2016-02 due due 2016-03-07")
		w.looks(1)
		want := `harbor/disclosure/2016-01 {"platform":"harbor","kind":"disclosure","period":"2016-01","due_on":"2016-02-05","business_day":"2016-02-08"}`
		if got := w.missed(); len(got) != 1 || got[0] != want {
			t.Errorf("the feed says %v, want %s", got, want)
		}
		w.reopen(regulator)
		w.looks(1)
		w.goOn(day(2016, 2, 10))
		w.looks(1)
		w.stands("2016-01 missing due 2016-02-05 3, 2016-02 due due 2016-03-07")
		w.publishes("2016-01")
		w.goOn(day(2016, 3, 9))
		w.stands("2016-01 late due 2016-02-05 came 2016-02-10 3, 2016-02 missing due 2016-03-07 2")
		w.looks(2)
	})
}

// No clock of a machine makes a platform late: business days do.
func TestNoMachinesClockCounts(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	w.later(1_000 * time.Hour)
	w.publishes("2016-01")
	w.stands("2016-01 in_time due 2016-02-05 came 2016-02-01")
}

// What is stated before a month is over counts if no close followed, and else not: the next version does.
func TestAMonthThatWasStatedBeforeItWasOver(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.own.open(day(2016, 1, 4))
		w.own.lend(1, day(2016, 1, 4))
		w.goOn(day(2016, 1, 29))
		w.publishes("2016-01")
		w.stands("2016-01 due due 2016-02-05")
		w.goOn(day(2016, 2, 8))
		w.stands("2016-01 missing due 2016-02-05 1")
		w.own.close()
		w.publishes("2016-02")
		w.own.open(day(2016, 3, 8))
		w.stands("2016-01 missing due 2016-02-05 22, 2016-02 in_time due 2016-03-07 came 2016-02-08")
		w.publishes("2016-01")
		w.goOn(day(2016, 3, 9))
		w.stands("2016-01 late due 2016-02-05 came 2016-03-08 22, 2016-02 in_time due 2016-03-07 came 2016-02-08, 2016-03 due due 2016-04-07")
	})
}

// lendingPack is a pack for loans with days off, and a weekend that is worked.
func lendingPack(id string, from calendar.Date, closed, working []calendar.Date) regime.Pack {
	pack := scenario.Sandbox().Pack()
	pack.ID, pack.EffectiveFrom, pack.Rules.Holidays, pack.Rules.WorkingWeekends = id, from, closed, working
	pack.Approvals = []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: meridian, Kind: party.Custodian}}
	return pack
}

// Holidays in between do not count, and a worked weekend does: by the pack for loans that is in force on the day.
func TestHolidaysPutADeadlineOff(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	first := lendingPack("first", day(2016, 1, 1), []calendar.Date{day(2016, 2, 3), day(2016, 2, 4), day(2016, 2, 8)}, nil)
	second := lendingPack("second", day(2016, 2, 4), []calendar.Date{day(2016, 2, 4), day(2016, 2, 5)}, []calendar.Date{day(2016, 2, 6)})
	proposed := lendingPack("third", day(2016, 2, 1), []calendar.Date{day(2016, 2, 1)}, nil)
	proposed.Approvals = proposed.Approvals[:1]
	w.own.packs = append(w.own.packs, second, proposed, first)
	w.aMonth()
	w.stands("2016-01 due due 2016-02-09") // of 1, 2, 6, 8, 9
	w.goOn(day(2016, 2, 9))
	w.looks(0)
	w.goOn(day(2016, 2, 11))
	w.stands("2016-01 missing due 2016-02-09 2, 2016-02 due due 2016-03-07")
}

// Another figure counts for the months of which its pack governs the last close, and for none before.
func TestAPackChangesTheDeadlineFromADayOn(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	shorter := w.own.packs[0]
	reporting := *shorter.Reporting
	shorter.ID, shorter.EffectiveFrom, shorter.Reporting = "reporting-shorter", day(2016, 2, 1), &reporting
	reporting.Deadlines = slices.Clone(reporting.Deadlines)
	reporting.Deadlines[0].Version, reporting.Deadlines[0].Figures = 2, []regime.Figure{{Name: "days", Value: 2}}
	none := shorter
	silent := reporting
	none.ID, none.EffectiveFrom, none.Reporting = "reporting-silent", day(2016, 3, 1), &silent
	silent.Deadlines = nil
	w.own.packs = append(w.own.packs, shorter, none)
	w.aMonth()
	w.goOn(day(2016, 3, 3))
	w.stands("2016-01 missing due 2016-02-05 19, 2016-02 missing due 2016-03-02 1")
	w.goOn(day(2016, 4, 28))
	w.looks(2)
	list, err := w.regulator.Duties(t.Context(), "")
	w.done(err)
	if len(list) != 2 || list[0].Regime != "reporting-2016" || list[0].RuleVersion != 1 || list[1].Regime != "reporting-shorter" || list[1].RuleVersion != 2 {
		t.Errorf("the months are %+v", list)
	}
}

// Of two custodians the one that is furthest behind counts: until it has left a month, the platform cannot state it.
func TestTheCustodianFurthestBehindCounts(t *testing.T) {
	w := twoCustodians(t)
	w.own.open(day(2016, 2, 9))
	w.stands("2016-01 due due 2016-02-05")
	w.own.openRidge(day(2016, 2, 5))
	w.stands("2016-01 due due 2016-02-05")
	w.own.openRidge(day(2016, 2, 8))
	w.stands("2016-01 missing due 2016-02-05 1")
}

// A read model that is being rebuilt makes nobody late.
func TestAnIncompleteReadModelTellsOfNothingMissing(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	w.goOn(day(2016, 2, 8))
	w.own.partial = true
	w.looks(0)
	w.own.move(func() { w.own.partial = false })
	w.looks(1)
}

func TestADeadlineThatDoesNotCompile(t *testing.T) {
	good := scenario.Reporting().Reporting.Deadlines[0]
	for name, c := range map[string]struct {
		change func(*regime.Deadline)
		want   string
	}{
		"shipped":         {func(*regime.Deadline) {}, ""},
		"another kind":    {func(d *regime.Deadline) { d.Report = submission.LoanBook }, "nobody must hand in"},
		"another name":    {func(d *regime.Deadline) { d.Expression = "days_since <= days" }, "days_since"},
		"a number":        {func(d *regime.Deadline) { d.Expression = "working_days" }, "bool"},
		"never in time":   {func(d *regime.Deadline) { d.Expression = "working_days > days" }, "no working day"},
		"the month's end": {func(d *regime.Deadline) { d.Figures = []regime.Figure{{Name: "days", Value: 0}} }, "no working day"},
		"never over":      {func(d *regime.Deadline) { d.Expression = "working_days + days > 0" }, "still in time"},
		"over after long": {func(d *regime.Deadline) { d.Figures = []regime.Figure{{Name: "days", Value: 399}} }, ""},
		"too long":        {func(d *regime.Deadline) { d.Figures = []regime.Figure{{Name: "days", Value: 400}} }, "still in time"},
	} {
		d := good
		c.change(&d)
		_, err := submission.CompileDeadline(d)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
