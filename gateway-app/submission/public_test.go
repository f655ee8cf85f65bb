package submission_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// sides are what both members show to everybody.
type side interface {
	Public(ctx context.Context, platform, period string) (submission.Publication, error)
	Shelves(ctx context.Context) ([]submission.Shelf, error)
}

func (w *world) sides() map[string]side {
	return map[string]side{"platform": w.platform, "regulator": w.regulator}
}

// openly is a world in which few borrowers are no reason to keep figures back.
func openly(t *testing.T) *world {
	regulator := storetest.SQLite(t)
	w := newWorld(t, storetest.SQLite(t), regulator)
	w.atLeast(-1, regulator)
	return w
}

// atLeast reopens both apps with how many borrowers must owe before figures are public.
func (w *world) atLeast(least int64, regulator *store.DB) {
	settings := submission.Settings{Member: harbor, Pairs: pairs, Gather: 5 * time.Millisecond, Now: w.now, LeastBorrowers: least}
	w.platform = submission.NewPlatform(w.db, w.own, w.feeds[0], w, w, settings)
	settings.Member = "authority"
	w.regulator = submission.NewRegulator(regulator, w.seen, w.feeds[1], settings)
}

// Nobody outside follows a platform from day to day: what it has not stated is not shown, nor a month that still runs.
func TestOnlyWhatIsStatedAndOverIsPublic(t *testing.T) {
	w := openly(t)
	w.aMonth()
	w.own.close() // February has its first close
	shown := func(period string, want bool) {
		t.Helper()
		for name, side := range w.sides() {
			_, err := side.Public(t.Context(), harbor, period)
			if want && err != nil || !want && refused(err) != "not_found period" {
				t.Errorf("%s at the %s: %v", period, name, err)
			}
			shelves, err := side.Shelves(t.Context())
			if err != nil || slices.Contains(shelves[0].Periods, period) != want {
				t.Errorf("the %s lists %v, %v", name, shelves, err)
			}
		}
	}
	periods := []string{"2016-01", "2016-01-29", "2016-02", "2016-02-01"}
	for _, period := range periods {
		shown(period, false)
	}
	for _, period := range periods {
		if r, err := w.platform.Publish(t.Context(), period, "user", ""); err != nil || r.State != submission.Acknowledged {
			t.Fatalf("%s: %+v, %v", period, r, err)
		}
	}
	for _, period := range periods {
		shown(period, period != "2016-02")
	}
	shown("2016-01-04", false)
	w.own.open(day(2016, 3, 1))
	shown("2016-02", true)
}

// Days take no room of months, and months none of days.
func TestMonthsAndDaysAreListedApart(t *testing.T) {
	w := openly(t)
	w.own.open(day(2016, 1, 4))
	w.own.lend(1, day(2016, 1, 4))
	var days []string
	for n := range 40 {
		on := day(2016, 1, 4).AddDays(n)
		w.own.open(on)
		w.own.close()
		days = append(days, on.String())
	}
	w.own.open(day(2016, 3, 1))
	for _, period := range append(days, "2016-01", "2016-02") {
		if _, err := w.platform.Publish(t.Context(), period, "user", ""); err != nil {
			t.Fatal(err)
		}
	}
	for name, side := range w.sides() {
		shelves, err := side.Shelves(t.Context())
		if err != nil || len(shelves[0].Periods) != 2+31 || shelves[0].Periods[0] != "2016-02" || shelves[0].Periods[2] != days[39] {
			t.Errorf("the %s lists %v, %v", name, shelves, err)
		}
	}
}

// Figures of few borrowers are single people's: everybody sees that they are kept back, and staff see them all.
func TestFiguresOfFewBorrowersAreKeptBack(t *testing.T) {
	regulator := storetest.SQLite(t)
	w := newWorld(t, storetest.SQLite(t), regulator)
	w.aMonth() // two borrowers
	if _, err := w.platform.Publish(t.Context(), "2016-01", "user", ""); err != nil {
		t.Fatal(err)
	}
	for name, side := range w.sides() {
		p, err := side.Public(t.Context(), harbor, "2016-01")
		text := tellAll(t, p)
		if err != nil || p.Withheld != submission.FewBorrowers || strings.Contains(text, "2400000") || strings.Contains(text, `"id":"balance"`) || p.Versions[0].Digest != "" {
			t.Errorf("the %s shows %s, %v", name, text, err)
		}
	}
	if full, err := w.regulator.Publication(t.Context(), harbor, "2016-01"); err != nil || full.Withheld != "" || !strings.Contains(tellAll(t, full), "2400000") {
		t.Errorf("the regulator's staff see %+v, %v", full, err)
	}
	for _, c := range []struct {
		least int64
		want  string
	}{{2, ""}, {3, submission.FewBorrowers}} {
		w.atLeast(c.least, regulator)
		for name, side := range w.sides() {
			if p, err := side.Public(t.Context(), harbor, "2016-01"); err != nil || p.Withheld != c.want {
				t.Errorf("of at least %d the %s says %q, %v", c.least, name, p.Withheld, err)
			}
		}
	}
}

// What a platform writes itself is shown to nobody outside by the regulator, and on the platform's own pages and files no name
// of a figure.
func TestWhatAPlatformWritesIsNoPublicText(t *testing.T) {
	w := openly(t)
	w.aMonth()
	computed, err := w.regulator.Publication(t.Context(), harbor, "2016-01")
	w.done(err)
	forged := computed.Disclosure
	forged.Indicators = slices.Clone(forged.Indicators)
	one := int64(1)
	forged.Indicators[0].Words.EN, forged.Indicators[0].Source = "owed by Zhang San", "Zhang San said so"
	forged.Indicators = append(forged.Indicators, disclosure.Indicator{
		ID: "zhang_san", Version: 1, Unit: regime.UnitCount, Value: &one, Words: regime.Words{EN: "Zhang San", ZH: "张三"},
	})
	forged.Regime = "Zhang_San"
	content, err := forged.Canonical()
	w.done(err)
	r, err := w.platform.State(t.Context(), submission.Statement{Kind: submission.Disclosure, Period: "2016-01", MediaType: submission.JSON, Content: packed(string(content))})
	if err != nil || r.State != submission.Rejected {
		t.Fatalf("it became %+v, %v", r, err)
	}
	p, err := w.regulator.Public(t.Context(), harbor, "2016-01")
	if text := strings.ToLower(tellAll(t, p)); err != nil || strings.Contains(text, "zhang") || strings.Contains(text, "张三") || p.Unknown != 1 || len(p.Differences) != 2 {
		t.Errorf("the regulator shows %s, %v", text, err)
	}
	own, err := w.platform.Public(t.Context(), harbor, "2016-01")
	w.done(err)
	if text := fmt.Sprintf("%+v", own.Document().Tables); strings.Contains(text, "Zhang San") || own.Unknown != len(own.Disclosure.Indicators) {
		t.Errorf("the platform shows %s, and %d unknown", text, own.Unknown)
	}
}

// tellAll is all that a publication says in JSON and as a document.
func tellAll(t *testing.T, p submission.Publication) string {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + fmt.Sprintf("%+v", p.Document())
}

// Differences are written as the figures beside them are.
func TestFiguresOfDifferencesAreWrittenForPeople(t *testing.T) {
	for _, c := range []struct{ unit, text, want string }{
		{regime.UnitMinor, "2400000", "CNY 24000.00"},
		{regime.UnitPPM, "12345", "1.2345 %"},
		{regime.UnitCount, "7", "7"},
		{regime.UnitMinor, disclosure.Absent, "absent"},
		{"", "2", "2"},
	} {
		if got := submission.FigureText(c.unit, c.text); got != c.want {
			t.Errorf("%s %s is %q, want %q", c.unit, c.text, got, c.want)
		}
	}
}
