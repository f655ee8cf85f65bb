package submission_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// each runs a test with both members' databases of each kind.
func each(t *testing.T, run func(t *testing.T, w *world, regulator *store.DB)) {
	t.Run("sqlite", func(t *testing.T) {
		regulator := storetest.SQLite(t)
		run(t, newWorld(t, storetest.SQLite(t), regulator), regulator)
	})
	t.Run("postgres", func(t *testing.T) {
		regulator := storetest.PostgreSQL(t)
		run(t, newWorld(t, storetest.PostgreSQL(t), regulator), regulator)
	})
}

// aMonth lives through January 2016 with two loans, and opens the first day of February.
func (w *world) aMonth() {
	w.own.open(day(2016, 1, 4))
	w.own.lend(1, day(2016, 1, 4))
	w.own.close()
	w.own.open(day(2016, 1, 29))
	w.own.lend(2, day(2016, 1, 29))
	w.own.close()
	w.own.open(day(2016, 2, 1))
}

// acknowledged reports whether the last version at both sides is.
func (w *world) acknowledged(kind, period string) func() bool {
	return func() bool {
		return w.last(w.platform, kind, period).State == submission.Acknowledged && w.last(w.regulator, kind, period).State == submission.Acknowledged
	}
}

// published answers the disclosure that a side makes public.
func (w *world) published(period string) submission.Publication {
	w.t.Helper()
	p, err := w.platform.Publication(w.t.Context(), harbor, period)
	w.done(err)
	return p
}

func TestAMonthThatIsOverIsPublishedAnchoredAndAcknowledged(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.aMonth()
		waiting := func() bool {
			n, err := w.platform.Unanchored(t.Context())
			return err == nil && n == 0 && w.acknowledged(submission.Disclosure, "2016-01")()
		}
		w.run(waiting)
		r := w.last(w.platform, submission.Disclosure, "2016-01")
		if r.Version != 1 || r.Former != "" || r.Verdict.Compared < 19 || r.Verdict.Found != 0 || r.Verdict.Pack != "reporting-2016" {
			t.Errorf("it is %+v", r)
		}
		_, content, err := w.platform.Content(t.Context(), r.Name)
		w.done(err)
		sum := sha256.Sum256(content)
		if digest := hex.EncodeToString(sum[:]); digest != r.Digest || len(w.anchored) != 1 || w.anchored[0].Digest != digest ||
			w.anchored[0].Phase != evidence.PhaseDisclosure {
			t.Errorf("anchored is %+v, published %s", w.anchored, digest)
		}
		if lent, _ := w.published("2016-01").Disclosure.Indicator("cumulative_loans"); lent.Value == nil || *lent.Value != 2 {
			t.Errorf("the loans lent are %v", lent)
		}
		at, err := w.regulator.Publication(t.Context(), harbor, "2016-01")
		if err != nil || !at.Computed || at.Statement != submission.Agrees || len(at.Versions) != 1 {
			t.Errorf("the regulator publishes %+v, %v", at, err)
		}
		if got := w.told(0); !slices.Equal(got, []string{"disclosure.published 1", "submission.received 1", "submission.acknowledged 1"}) {
			t.Errorf("the platform's feed says %v", got)
		}
		if got := w.told(1); !slices.Equal(got, []string{"submission.received 1", "submission.acknowledged 1"}) {
			t.Errorf("the regulator's feed says %v", got)
		}
	})
}

// A member that catches up with three years publishes every month, with few transactions on the ledger.
func TestManyMonthsAreAnchoredTogether(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	on := day(2016, 1, 4)
	w.own.open(on)
	w.own.lend(1, on)
	for range 36 {
		w.own.close()
		on = on.AddMonths(1)
		w.own.open(on)
	}
	w.run(w.acknowledged(submission.Disclosure, "2018-12"))
	w.run(func() bool { n, err := w.platform.Unanchored(t.Context()); return err == nil && n == 0 })
	if len(w.anchored) != 36 || len(w.commands) != 1 {
		t.Errorf("%d digests in %d transactions", len(w.anchored), len(w.commands))
	}
	shelves, err := w.regulator.Shelves(t.Context())
	if err != nil || len(shelves) != 1 || len(shelves[0].Periods) != 36 || shelves[0].Periods[0] != "2018-12" {
		t.Errorf("the regulator shows %v, %v", shelves, err)
	}
}

// false states what the platform's own system made of a figure.
func (w *world) stateFalsely(period, indicator string) submission.Record {
	w.t.Helper()
	true1, err := w.regulator.Publication(w.t.Context(), harbor, period)
	w.done(err)
	forged := true1.Disclosure
	forged.Indicators = slices.Clone(forged.Indicators)
	for i := range forged.Indicators {
		if forged.Indicators[i].ID == indicator {
			less := *forged.Indicators[i].Value - 1
			forged.Indicators[i].Value = &less
		}
	}
	content, err := forged.Canonical()
	w.done(err)
	r, err := w.platform.State(w.t.Context(), submission.Statement{
		Kind: submission.Disclosure, Period: period, MediaType: submission.JSON, Content: packed(string(content)), Reason: submission.OtherSystem, By: "user",
	})
	w.done(err)
	return r
}

func TestAFalseFigureIsRejectedByNameAndCorrected(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.aMonth()
		forged := w.stateFalsely("2016-01", "balance")
		if forged.State != submission.Rejected || forged.Verdict.Found != 1 || len(forged.Verdict.Findings) != 1 {
			t.Fatalf("it became %+v", forged)
		}
		f := forged.Verdict.Findings[0]
		if f.Rule != "indicator" || f.Indicator != "balance" || f.Stated != "2399999" || f.Computed != "2400000" {
			t.Errorf("found was %+v", f)
		}
		if _, err := w.platform.Publish(t.Context(), "2016-01", "user", ""); refused(err) != "missing_field reason" {
			t.Errorf("corrected without a reason: %v", err)
		}
		r, err := w.platform.Publish(t.Context(), "2016-01", "user", submission.FigureWrong)
		if err != nil || r.Version != 2 || r.State != submission.Acknowledged || r.Former != forged.Digest || r.MadeBy != "user" {
			t.Errorf("corrected, it is %+v, %v", r, err)
		}
		for side, versions := range map[string][]submission.Published{"platform": w.published("2016-01").Versions} {
			if len(versions) != 2 || versions[0].State != submission.Superseded || versions[0].Judged != submission.Rejected || versions[1].Reason == "" {
				t.Errorf("the %s shows %+v", side, versions)
			}
		}
		at, err := w.regulator.Publication(t.Context(), harbor, "2016-01")
		if err != nil || at.Statement != submission.Agrees || len(at.Versions) != 2 || at.Versions[0].State != submission.Superseded {
			t.Errorf("the regulator shows %+v, %v", at, err)
		}
		if got := w.told(1); !slices.Equal(got, []string{
			"submission.received 1", "submission.rejected 1", "submission.received 2", "submission.acknowledged 2",
		}) {
			t.Errorf("the regulator's feed says %v", got)
		}
		again, err := w.platform.Publish(t.Context(), "2016-01", "user", "")
		if err != nil || again.Version != 2 {
			t.Errorf("published once more, it is %+v, %v", again, err)
		}
	})
}

// A figure that breaks a rule of validation is named by the rule too.
func TestARuleOfValidationIsNamed(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	forged := w.stateFalsely("2016-01", "overdue_loans") // one loan less than none
	rules := map[string]bool{}
	for _, f := range forged.Verdict.Findings {
		rules[f.Rule] = true
	}
	if forged.State != submission.Rejected || !rules["indicator"] || !rules["nothing_negative"] {
		t.Errorf("found was %+v", forged.Verdict)
	}
}

func TestARegulatorThatIsDownIsSentToLater(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ *store.DB) {
		w.aMonth()
		w.down = true
		r, err := w.platform.Publish(t.Context(), "2016-01", "", "")
		if err != nil || r.State != submission.Stated || r.Attempts != 1 {
			t.Fatalf("while the regulator is down it is %+v, %v", r, err)
		}
		if p := w.published("2016-01"); len(p.Versions) != 1 {
			t.Errorf("published is %+v", p.Versions)
		}
		w.run(func() bool { return len(w.told(0)) == 1 }) // it is not due again yet
		if w.delivered != 1 {
			t.Errorf("it was sent %d times", w.delivered)
		}
		w.later(time.Minute)
		w.mu.Lock()
		w.down = false
		w.mu.Unlock()
		w.run(w.acknowledged(submission.Disclosure, "2016-01"))
		if n, err := w.platform.Unanswered(t.Context()); err != nil || n != 0 {
			t.Errorf("%d are unanswered, %v", n, err)
		}
	})
}

// An answer that was lost is asked for again, and nothing is done twice.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	w.lost = true
	if _, err := w.platform.Publish(t.Context(), "2016-01", "", ""); err != nil {
		t.Fatal(err)
	}
	w.later(time.Minute)
	w.lost = false
	w.run(w.acknowledged(submission.Disclosure, "2016-01"))
	if got := w.told(1); !slices.Equal(got, []string{"submission.received 1", "submission.acknowledged 1"}) {
		t.Errorf("the regulator's feed says %v", got)
	}
}

// An app that dies between keeping a statement and sending it sends it when it comes back, under the same anchoring.
func TestACrashBetweenKeepingAndSending(t *testing.T) {
	each(t, func(t *testing.T, w *world, regulator *store.DB) {
		w.aMonth()
		w.down, w.outcome = true, fault.New(fault.OutcomeUnknown)
		w.run(func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.commands) > 0 && w.delivered > 0 })
		if n, err := w.platform.Unanchored(t.Context()); err != nil || n != 1 {
			t.Fatalf("%d digests are unanchored, %v", n, err)
		}
		w.reopen(regulator)
		w.later(time.Minute)
		w.down, w.outcome = false, nil
		w.run(func() bool {
			n, err := w.platform.Unanchored(t.Context())
			return err == nil && n == 0 && w.acknowledged(submission.Disclosure, "2016-01")()
		})
		for _, c := range w.commands {
			if c.ID != w.commands[0].ID {
				t.Errorf("the batch was sent under two names")
			}
		}
		if r := w.last(w.platform, submission.Disclosure, "2016-01"); r.Version != 1 || len(w.anchored) != 1 {
			t.Errorf("%+v, anchored %d times", r, len(w.anchored))
		}
	})
}

// A month that was published before it was over is corrected by itself once it is.
func TestAMonthThatWentOnIsCorrected(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.own.open(day(2016, 1, 4))
	w.own.lend(1, day(2016, 1, 4))
	w.own.close()
	if r, err := w.platform.Publish(t.Context(), "2016-01", "user", ""); err != nil || r.State != submission.Acknowledged {
		t.Fatalf("early, it is %+v, %v", r, err)
	}
	w.own.open(day(2016, 1, 29))
	w.own.lend(2, day(2016, 1, 29))
	w.own.close()
	w.own.open(day(2016, 2, 1))
	w.run(func() bool {
		r := w.last(w.platform, submission.Disclosure, "2016-01")
		return r.Version == 2 && r.State == submission.Acknowledged && r.Reason != ""
	})
}

// What the regulator's read model has not seen closed waits, and is judged when it has.
func TestAReadModelThatIsBehindJudgesLater(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.own.open(day(2016, 1, 29))
	w.own.lend(1, day(2016, 1, 29))
	w.seen = w.own.copy()
	w.own.close()
	regulator := storetest.SQLite(t)
	w.reopen(regulator)
	r, err := w.platform.Publish(t.Context(), "2016-01", "", "")
	if err != nil || r.State != submission.Received {
		t.Fatalf("it is %+v, %v", r, err)
	}
	if n, err := w.regulator.Unjudged(t.Context()); err != nil || n != 1 {
		t.Errorf("%d are unjudged, %v", n, err)
	}
	w.seen.close()
	w.later(time.Minute)
	w.run(w.acknowledged(submission.Disclosure, "2016-01"))
}

func TestWhatCannotBePublished(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	for period, want := range map[string]string{
		"2016": "invalid_field period", "2016-13": "invalid_field period", "2016-01-30": "not_found period", "2015-12": "not_found period", "2016-02": "not_found period",
	} {
		if _, err := w.platform.Publish(t.Context(), period, "", ""); refused(err) != want {
			t.Errorf("%s: %v, want %s", period, err, want)
		}
	}
	if _, err := w.platform.Publish(t.Context(), "2016-01", "", "Zhang San paid late"); refused(err) != "invalid_field reason" {
		t.Errorf("a sentence for a reason: %v", err)
	}
}

// A close at which no pack was in force is never disclosed, also when one is adopted afterwards that says it had been in
// force; whoever states something of it is told, and a book of it is held against the loans all the same.
func TestNothingIsDisclosedOfACloseWithoutAPack(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	stated, err := w.platform.Publish(t.Context(), "2016-01", "", "")
	w.done(err)
	_, content, err := w.platform.Content(t.Context(), stated.Name)
	w.done(err)
	late := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	packs := late.own.packs
	late.own.packs = nil
	late.aMonth()
	late.own.packs = packs
	const want = "reporting_regime_missing period"
	if _, err := late.platform.Publish(t.Context(), "2016-01", "", ""); refused(err) != want {
		t.Errorf("the platform: %v", err)
	}
	if _, err := late.regulator.Publication(t.Context(), harbor, "2016-01"); refused(err) != want {
		t.Errorf("the regulator: %v", err)
	}
	r, err := late.platform.State(t.Context(), submission.Statement{Kind: submission.Disclosure, Period: "2016-01", MediaType: submission.JSON, Content: packed(string(content))})
	if err != nil || r.State != submission.Rejected || len(r.Verdict.Findings) != 1 || r.Verdict.Findings[0].Field != "regime" {
		t.Errorf("a statement all the same: %+v, %v", r, err)
	}
}

// What is approved or retired after a month was closed changes nothing that anybody computes of it.
func TestAPastCloseKeepsItsPack(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	stated, err := w.platform.Publish(t.Context(), "2016-01", "", "")
	if err != nil || stated.State != submission.Acknowledged {
		t.Fatalf("it is %+v, %v", stated, err)
	}
	later := w.own.packs[0]
	later.ID, later.EffectiveFrom = "reporting-2016-b", day(2016, 1, 15)
	retired := w.own.packs[0]
	retired.Until = day(2016, 1, 10)
	w.own.packs = []regime.Pack{retired, later}
	again, err := w.platform.Publish(t.Context(), "2016-01", "", submission.FigureWrong)
	if err != nil || again.Version != 1 || again.Digest != stated.Digest {
		t.Errorf("published again it is %+v, %v", again, err)
	}
	shown, err := w.regulator.Publication(t.Context(), harbor, "2016-01")
	if err != nil || shown.Statement != submission.Agrees || shown.Disclosure.Regime != retired.ID {
		t.Errorf("the regulator shows %s by %s, %v", shown.Statement, shown.Disclosure.Regime, err)
	}
}

// A day is disclosed on request.
func TestADayIsDisclosed(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
	w.aMonth()
	r, err := w.platform.Publish(t.Context(), "2016-01-04", "user", "")
	if err != nil || r.State != submission.Acknowledged {
		t.Fatalf("it is %+v, %v", r, err)
	}
	if on := w.published("2016-01-04").Disclosure; on.Period != disclosure.DayOf(day(2016, 1, 4)) || on.ClosedOn() != day(2016, 1, 4) {
		t.Errorf("it is of %v, closed on %v", on.Period, on.ClosedOn())
	}
}
