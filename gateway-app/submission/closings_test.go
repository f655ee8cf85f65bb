package submission_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// ridge is a second custodian.
const ridge = "ridge"

// openRidge opens a business day of the second custodian.
func (b *books) openRidge(on calendar.Date) {
	b.move(func() {
		b.block++
		b.ridge = custody.Day{Custodian: ridge, Date: on, Open: true}
	})
}

// closeRidge closes it, with the standing of some loans of 12,000.00.
func (b *books) closeRidge(loans int) {
	other := newBooks()
	other.open(b.ridge.Date)
	for n := range loans {
		other.lend(50+n, b.ridge.Date)
	}
	other.close()
	c := other.closings[0]
	b.move(func() {
		b.block++
		b.ridge.Open = false
		c.Custodian, c.Block = ridge, b.block
		b.closings = append(b.closings, c)
	})
}

// twoCustodians is January 2016, in which both custodians closed the 28th and the first of them the 29th.
func twoCustodians(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.pairs = []projection.Pair{{Platform: harbor, Custodian: meridian}, {Platform: harbor, Custodian: ridge}}
	w.reopen(storetest.SQLite(t))
	w.own.open(day(2016, 1, 28))
	w.own.openRidge(day(2016, 1, 28))
	w.own.lend(1, day(2016, 1, 28))
	w.own.close()
	w.own.closeRidge(1)
	w.own.open(day(2016, 1, 29))
	w.own.close()
	return w
}

// names are the closings that the last version of a disclosure names, and its balance.
func (w *world) names(period string) string {
	w.t.Helper()
	d := w.published(period).Disclosure
	balance, _ := d.Indicator("balance")
	text := fmt.Sprint(*balance.Value)
	for _, c := range d.Closings {
		text += " " + c.Custodian + " " + c.On.String()
	}
	return text
}

// aWhile runs both apps' tasks.
func (w *world) aWhile() {
	until := time.Now().Add(40 * time.Millisecond)
	w.run(func() bool { return time.Now().After(until) })
}

func TestAMonthIsOverWhenItIsForEveryCustodian(t *testing.T) {
	w := twoCustodians(t)
	w.own.open(day(2016, 2, 1))
	w.aWhile()
	if r := w.last(w.platform, submission.Disclosure, "2016-01"); r.Version != 0 {
		t.Fatalf("while a custodian is in January, published is %s", w.names("2016-01"))
	}
	w.own.openRidge(day(2016, 1, 29))
	w.own.closeRidge(2)
	w.own.openRidge(day(2016, 2, 1))
	w.run(w.acknowledged(submission.Disclosure, "2016-01"))
	if got := w.names("2016-01"); got != "3600000 meridian 2016-01-29 ridge 2016-01-29" {
		t.Errorf("published is %s", got)
	}
}

// A custodian whose books are not open, or that never opened a day, is not waited for.
func TestWhoKeepsNoBooksIsNotWaitedFor(t *testing.T) {
	for _, change := range []func(*books){
		func(b *books) { b.unopened = []string{"harbor-ridge"} },
		func(b *books) { b.ridge = custody.Day{} },
	} {
		w := twoCustodians(t)
		w.own.closings = w.own.closings[2:] // of the first custodian alone
		change(w.own)
		w.own.open(day(2016, 2, 1))
		w.run(w.acknowledged(submission.Disclosure, "2016-01"))
	}
}

// A month is corrected when any of its custodians went on, not only the one that was ahead.
func TestTheCustodianBehindWentOn(t *testing.T) {
	w := twoCustodians(t)
	r, err := w.platform.Publish(t.Context(), "2016-01", "user", "")
	if err != nil || r.State != submission.Acknowledged || w.names("2016-01") != "2400000 meridian 2016-01-29 ridge 2016-01-28" {
		t.Fatalf("early, it is %+v, %v", r, err)
	}
	w.own.openRidge(day(2016, 1, 29))
	w.own.closeRidge(2)
	w.own.open(day(2016, 2, 1))
	w.own.openRidge(day(2016, 2, 1))
	w.run(func() bool {
		r := w.last(w.platform, submission.Disclosure, "2016-01")
		return r.Version == 2 && r.State == submission.Acknowledged
	})
	if got := w.names("2016-01"); got != "3600000 meridian 2016-01-29 ridge 2016-01-29" {
		t.Errorf("corrected, it is %s", got)
	}
}

// hand hands a disclosure of some closings in, and answers what became of it.
func (w *world) hand(d disclosure.Disclosure, version int64) submission.Record {
	w.t.Helper()
	content, err := d.Canonical()
	w.done(err)
	s := submission.Sent{Kind: submission.Disclosure, Period: d.Period.String(), Version: version, MediaType: submission.JSON, Content: packed(string(content))}
	if version > 1 {
		s.Former, s.Reason = w.last(w.regulator, s.Kind, s.Period).Digest, submission.FigureWrong
	}
	r, err := w.regulator.Receive(w.t.Context(), harbor, s)
	w.done(err)
	return r
}

// A statement is held against the closings that it names: that another custodian has closed its day since changes nothing
// while the period goes on, and is the one finding when it is over.
func TestAStatementIsJudgedByTheClosingsThatItNames(t *testing.T) {
	w := twoCustodians(t)
	early, err := w.regulator.Publication(t.Context(), harbor, "2016-01")
	w.done(err)
	w.own.openRidge(day(2016, 1, 29))
	w.own.closeRidge(2)
	if r := w.hand(early.Disclosure, 1); r.State != submission.Acknowledged {
		t.Errorf("late, it became %+v", r)
	}
	one := early.Disclosure
	one.Closings = one.Closings[:1]
	if r := w.hand(one, 2); r.State != submission.Rejected || r.Verdict.Findings[len(r.Verdict.Findings)-1].Field != "closings" {
		t.Errorf("without a custodian it became %s: %+v", r.State, r.Verdict)
	}
	w.own.open(day(2016, 2, 1))
	w.own.openRidge(day(2016, 2, 1))
	r := w.hand(early.Disclosure, 3)
	want := submission.Finding{
		Rule: "heading", Field: "closings", Stated: "meridian 2016-01-29, ridge 2016-01-28", Computed: "meridian 2016-01-29, ridge 2016-01-29",
	}
	if r.State != submission.Rejected || r.Verdict.Found != 1 || r.Verdict.Findings[0] != want {
		t.Errorf("after the month it became %+v", r)
	}
}

// On a custodian's own holiday its last standing counts on.
func TestAHolidayOfOneCustodian(t *testing.T) {
	w := twoCustodians(t)
	w.own.openRidge(day(2016, 2, 1))
	w.own.open(day(2016, 2, 1))
	for _, period := range []string{"2016-01-29", "2016-01"} {
		r, err := w.platform.Publish(t.Context(), period, "user", "")
		if err != nil || r.State != submission.Acknowledged {
			t.Fatalf("%s is %s: %+v, %v", period, r.State, r.Verdict, err)
		}
		if got := w.names(period); got != "2400000 meridian 2016-01-29 ridge 2016-01-28" {
			t.Errorf("published for %s is %s", period, got)
		}
	}
}

// A loan book is of all custodians: it waits for the last of them.
func TestALoanBookWaitsForEveryCustodian(t *testing.T) {
	w := twoCustodians(t)
	w.own.openRidge(day(2016, 1, 29))
	r, err := w.handIn("2016-01-29", submission.CSV, head+row(1, "active", 1_200_000, 1_200_000, 0))
	if err != nil || r.State != submission.Received {
		t.Fatalf("it is %+v, %v", r, err)
	}
	w.own.closeRidge(1)
	w.later(time.Minute)
	w.run(w.acknowledged(submission.LoanBook, "2016-01-29"))
}

// While the read model is rebuilt nothing is stated of it and nothing judged by it.
func TestARebuildStatesAndJudgesNothing(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	w.own.move(func() { w.own.partial = true })
	w.aWhile()
	if r := w.last(w.platform, submission.Disclosure, "2016-01"); r.Version != 0 {
		t.Errorf("published was %+v", r)
	}
	if _, err := w.platform.Publish(t.Context(), "2016-01", "user", ""); refused(err) != "unavailable " {
		t.Errorf("asked for, it is refused as %v", err)
	}
	w.own.move(func() { w.own.partial = false })
	w.seen = w.own.copy()
	w.seen.partial = true
	w.reopen(storetest.SQLite(t))
	if r, err := w.platform.Publish(t.Context(), "2016-01", "user", ""); err != nil || r.State != submission.Stated {
		t.Errorf("at a regulator that rebuilds it is %+v, %v", r, err)
	}
	w.seen.move(func() { w.seen.partial = false })
	w.later(time.Minute)
	w.run(w.acknowledged(submission.Disclosure, "2016-01"))
}
