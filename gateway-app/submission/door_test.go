package submission_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

const lantern = "lantern"

// ahead is a platform whose read model has seen the 29th closed, and a regulator whose own has not.
func ahead(t *testing.T, change func(*world)) *world {
	t.Helper()
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.own.open(day(2016, 1, 28))
	w.own.lend(1, day(2016, 1, 28))
	w.own.close()
	w.own.open(day(2016, 1, 29))
	w.seen = w.own.copy()
	w.own.close()
	change(w)
	regulator := storetest.SQLite(t)
	w.feeds[1] = notice.New(regulator)
	w.reopen(regulator)
	return w
}

// book is a loan book of a day without a line.
func book(period string) submission.Sent {
	return submission.Sent{Kind: submission.LoanBook, Period: period, Version: 1, MediaType: submission.CSV, Content: packed(head)}
}

func TestWhoMayFileAndOfWhichPeriod(t *testing.T) {
	w := ahead(t, func(*world) {})
	for _, c := range []struct{ who, period, want string }{
		{meridian, "2016-01-28", "wrong_member "},
		{"authority", "2016-01-28", "wrong_member "},
		{lantern, "2016-01-28", "wrong_member "},
		{harbor, "2016-01-30", "not_yet_due period"},
		{harbor, "2016-03-14", "not_yet_due period"},
		{harbor, "2016-03-15", "invalid_field period"},
		{harbor, "2099-01-04", "invalid_field period"},
		{harbor, "2016-01-29", "no refusal"},
		{harbor, "2016-01-28", "no refusal"},
	} {
		if _, err := w.regulator.Receive(t.Context(), c.who, book(c.period)); refused(err) != c.want {
			t.Errorf("%s of %s: %v, want %s", c.who, c.period, err, c.want)
		}
	}
}

// A day that the regulator's read model opens meanwhile is waited for.
func TestADayThatComesIsWaitedFor(t *testing.T) {
	w := ahead(t, func(*world) {})
	go func() {
		time.Sleep(5 * time.Millisecond)
		w.seen.open(day(2016, 1, 30))
	}()
	if r, err := w.regulator.Receive(t.Context(), harbor, book("2016-01-30")); err != nil || r.State != submission.Received {
		t.Errorf("it is %s, %v", r.State, err)
	}
}

func TestAPlatformHasSoMuchRoom(t *testing.T) {
	w := ahead(t, func(w *world) { w.open, w.daily = 2, 4 })
	again := book("2016-01-29")
	content, err := w.platform.Publish(t.Context(), "2016-01-29", "user", "")
	if err != nil || content.State != submission.Received {
		t.Fatalf("first it is %s, %v", content.State, err)
	}
	if r, err := w.regulator.Receive(t.Context(), harbor, again); err != nil || r.State != submission.Received {
		t.Fatalf("second it is %s, %v", r.State, err)
	}
	if r, err := w.platform.Publish(t.Context(), "2016-01", "user", ""); err != nil || r.State != submission.Stated || r.Attempts != 1 {
		t.Errorf("beyond what may be open it is %s, %v", r.State, err)
	}
	if _, err := w.regulator.Receive(t.Context(), harbor, again); err != nil {
		t.Errorf("what was taken before is answered %v", err)
	}
	again.Former = w.last(w.regulator, submission.LoanBook, "2016-01-29").Digest
	again.Version, again.Reason, again.Content = 2, submission.FigureWrong, packed(head+row(1, "active", 1_200_000, 1_200_000, 0))
	if r, err := w.regulator.Receive(t.Context(), harbor, again); err != nil || r.State != submission.Received {
		t.Errorf("a correction of what is open is %s, %v", r.State, err)
	}
	w.seen.close()
	w.run(func() bool { n, err := w.regulator.Unjudged(t.Context()); return err == nil && n == 0 })
	if _, err := w.regulator.Receive(t.Context(), harbor, book("2016-01-28")); err != nil {
		t.Errorf("the fourth of the day: %v", err)
	}
	if _, err := w.regulator.Receive(t.Context(), harbor, book("2016-01-27")); refused(err) != "busy submission" {
		t.Errorf("the fifth of the day: %v", err)
	}
	w.later(25 * time.Hour)
	if _, err := w.regulator.Receive(t.Context(), harbor, book("2016-01-27")); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// A platform with many statements that wait does not starve one with few.
func TestPlatformsAreJudgedInTurn(t *testing.T) {
	w := ahead(t, func(w *world) {
		w.pairs = append(slices.Clone(pairs), projection.Pair{Platform: lantern, Custodian: meridian})
	})
	for _, period := range []string{"2016-01", "2016-01-29"} {
		_, err := w.platform.Publish(t.Context(), period, "user", "")
		w.done(err)
	}
	for _, platform := range []string{harbor, lantern} {
		_, err := w.regulator.Receive(t.Context(), platform, book("2016-01-29"))
		w.done(err)
	}
	w.seen.close()
	w.run(func() bool { n, err := w.regulator.Unjudged(t.Context()); return err == nil && n == 0 })
	list, err := w.feeds[1].List(t.Context(), 0, 100, notice.Filter{})
	w.done(err)
	var order []string
	for _, n := range list {
		if n.Type != "submission.received" {
			order = append(order, strings.Split(n.Subject, "/")[0])
		}
	}
	if !slices.Equal(order, []string{harbor, lantern, harbor, harbor}) {
		t.Errorf("judged were %v", order)
	}
}
