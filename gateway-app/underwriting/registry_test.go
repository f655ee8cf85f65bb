package underwriting_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// A week after the last training models are trained anew, on the own loans that ended meanwhile too. They are
// challengers until they are promoted, and from then on decide.
func TestModelsAreTrainedWeeklyAndDecideWhenPromoted(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	registry := w.desk.Registry()
	first := w.apply(good(1))
	w.loans = append(w.loans, lent(1, handle(1), first.Application, today.AddDays(-300), loan.WrittenOff))
	w.done(registry.Weekly(t.Context()))
	if list, err := registry.Models(t.Context()); err != nil || len(list) != 2 {
		t.Fatalf("before a week has passed there are %d models, %v", len(list), err)
	}
	w.now = w.now.Add(7*24*time.Hour + time.Second)
	w.done(registry.Weekly(t.Context()))
	list, err := registry.Models(t.Context())
	w.done(err)
	if len(list) != 4 || list[2].Cause != underwriting.CauseWeekly || list[2].OwnRows != 1 || list[2].Status != underwriting.Challenger || list[2].InUse {
		t.Fatalf("after a week: %+v", list)
	}
	if again := w.apply(good(2)); again.Champion != first.Champion {
		t.Error("a challenger decides before it is promoted")
	}
	if _, err := registry.Promote(t.Context(), list[3].Hash, "rita", "rosa"); fault.Of(err).Field != "model" {
		t.Errorf("a forest was promoted: %v", err)
	}
	promoted, err := registry.Promote(t.Context(), list[2].Hash, "rita", "rosa")
	w.done(err)
	after := w.apply(good(3))
	if promoted.Status != underwriting.Champion || after.Champion != list[2].Hash || after.Challenger != list[3].Hash {
		t.Errorf("promoted %+v; decided by %s and %s", promoted, after.Champion, after.Challenger)
	}
	if _, err := registry.Promote(t.Context(), list[0].Hash, "rita", "rosa"); !errors.Is(err, fault.New(fault.WrongStatus)) {
		t.Errorf("a retired model was promoted: %v", err)
	}
	report, err := registry.Model(t.Context(), list[2].Hash)
	w.done(err)
	read, err := training.ParseReport(report.Report)
	w.done(err)
	if read.Rows != 9858 || read.ScorecardSHA256 != list[2].Hash || len(read.Scorecard.Folds) == 0 {
		t.Errorf("the report is of %d rows, %d folds, scorecard %s", read.Rows, len(read.Scorecard.Folds), read.ScorecardSHA256)
	}
	if kept, err := w.desk.Decision(t.Context(), first.ID); err != nil || kept.Champion != first.Champion || kept.Digest != first.Digest {
		t.Errorf("what was decided has changed: %+v, %v", kept, err)
	}
}

// A model is measured on own loans that ended since its training, and on those alone.
func TestAModelIsEvaluatedOnWhatItHasNotSeen(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.now = w.now.Add(time.Hour)
	bad, repaid := w.apply(good(1)), w.apply(good(2))
	w.loans = append(w.loans, lent(1, handle(1), bad.Application, today.AddDays(-300), loan.WrittenOff))
	e, err := w.desk.Registry().Evaluate(t.Context(), bad.Champion)
	w.done(err)
	if e.Rows != 1 || e.Bad != 1 || e.Measures != nil {
		t.Errorf("of one outcome: %+v", e)
	}
	w.loans = append(w.loans, lent(2, handle(2), repaid.Application, today.AddDays(-300), loan.Repaid), lent(3, handle(3), handle(99), today, loan.Repaid))
	for _, hash := range []string{bad.Champion, bad.Challenger} {
		e, err = w.desk.Registry().Evaluate(t.Context(), hash)
		w.done(err)
		if e.Rows != 2 || e.Bad != 1 || e.Measures == nil || e.Measures.AUC != .5 { // equal features: a coin's throw
			t.Errorf("of two outcomes: %+v", e)
		}
	}
}

// named is the shipped rule set under another name, with something replaced.
func named(name string, replace ...string) []byte {
	text := bytes.Replace(rules.TestNetwork(), []byte(`"test-network-1"`), []byte(`"`+name+`"`), 1)
	return []byte(strings.NewReplacer(replace...).Replace(string(text)))
}

// A rule set decides from the next application on; what was decided names the one that was in force.
func TestRulesAreReplacedWithoutARestart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		registry := w.desk.Registry()
		before := w.apply(good(1))
		stricter := named("stricter", `"when": "device_identities >= 4"`, `"when": "device_identities >= 0"`)
		put, err := registry.PutRules(t.Context(), underwriting.Change{Rules: stricter, Source: underwriting.ByAPI, By: "rita", ApprovedBy: "rosa"})
		w.done(err)
		after := w.apply(good(2))
		if before.RulesVersion != "test-network-1" || after.RulesVersion != "stricter" || after.Rules != put.Hash || after.Outcome != "refuse" {
			t.Errorf("before %s, after %s: %s", before.RulesVersion, after.RulesVersion, after.Outcome)
		}
		if again, err := registry.PutRules(t.Context(), underwriting.Change{Rules: stricter, Source: underwriting.ByAPI, By: "rita"}); err != nil || again.Sequence != put.Sequence {
			t.Errorf("the same again: %+v, %v", again, err)
		}
		if _, err := registry.PutRules(t.Context(), underwriting.Change{Rules: named("test-network-1", `"refer_beyond": 90000`, `"refer_beyond": 80000`)}); !errors.Is(err, fault.New(fault.AlreadyExists)) {
			t.Errorf("a name was given twice: %v", err)
		}
		later := named("next-year", `"effective_from": "2026-01-01"`, `"effective_from": "2027-01-01"`)
		_, err = registry.PutRules(t.Context(), underwriting.Change{Rules: later, Source: underwriting.ByAPI, By: "rita"})
		w.done(err)
		if current, err := registry.Rules(t.Context(), "current"); err != nil || current.Name != "stricter" || !current.InForce {
			t.Errorf("in force is %s, %v", current.Name, err)
		}
		w.now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		if made := w.apply(good(3)); made.RulesVersion != "next-year" {
			t.Errorf("next year decides %s", made.RulesVersion)
		}
	})
}

// A rule set that cannot work is refused whole, by the rule's id.
func TestRulesThatCannotWorkAreRefused(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	for want, text := range map[string][]byte{
		"device_ring":     named("a", `"when": "device_identities >= 4"`, `"when": "device_identities >= many"`),
		"shoe_size":       named("b", `"name": "emulated"`, `"name": "shoe_size"`, "emulated ||", "shoe_size ||"),
		"addr_state":      named("c", `"name": "inq_last_6mths", "type": "number"`, `"name": "addr_state", "type": "text"`, `"meaning": "credit enquiries in six months"`, `"meaning": "where"`, "inq_last_6mths > 5.0", "addr_state == 'CA'", `"name": "addr_state", "type": "text", "from": "applicant", "default": 0`, `"name": "addr_state", "type": "text", "from": "applicant", "default": ""`),
		"no JSON at all:": []byte("no JSON at all:"),
	} {
		_, err := w.desk.Registry().PutRules(t.Context(), underwriting.Change{Rules: text, Source: underwriting.ByAPI, By: "rita"})
		if fault.Of(err).Field != "rules" || want != "no JSON at all:" && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if list, err := w.desk.Registry().RuleSets(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%d rule sets, %v", len(list), err)
	}
}

// The settings' file is put in force when it changes, and a broken one is not.
func TestTheSettingsFileIsTakenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.json")
	w := newWorld(t, storetest.SQLite(t), func(s *underwriting.Settings) { s.RulesPath = path })
	seen := ""
	write := func(text []byte) error {
		w.done(os.WriteFile(path, text, 0o600))
		return w.desk.Registry().TakeUp(t.Context(), &seen)
	}
	w.done(write(named("from-file")))
	if made := w.apply(good(1)); made.RulesVersion != "from-file" {
		t.Errorf("decided by %s", made.RulesVersion)
	}
	if err := write([]byte("{")); err == nil || !strings.Contains(err.Error(), "mend the file") {
		t.Errorf("a broken file: %v", err)
	}
	_, err := w.desk.Registry().PutRules(t.Context(), underwriting.Change{Rules: named("from-api"), Source: underwriting.ByAPI, By: "rita"})
	w.done(err)
	w.done(write(named("from-file"))) // was in force before, and stays behind what the API put
	if made := w.apply(good(2)); made.RulesVersion != "from-api" {
		t.Errorf("decided by %s", made.RulesVersion)
	}
}

// Drift is measured weekly once enough have applied, against the applicants of the champion's training.
func TestDriftIsMeasured(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	if _, err := w.desk.Registry().MeasureDrift(t.Context(), underwriting.CauseAsked); !errors.Is(err, fault.New(fault.NotYetDue)) {
		t.Errorf("of nobody: %v", err)
	}
	list := make([]underwriting.Application, underwriting.MostAtOnce)
	for i := range list {
		list[i] = good(i + 1)
	}
	_, err := w.desk.Decide(t.Context(), "many", list)
	w.done(err)
	w.done(w.desk.Registry().Weekly(t.Context()))
	w.done(w.desk.Registry().Weekly(t.Context())) // not due again
	reports, err := w.desk.Registry().Drifts(t.Context(), 10)
	w.done(err)
	if len(reports) != 1 || reports[0].Decisions != 100 || reports[0].Fields[0].PSI != reports[0].Largest {
		t.Fatalf("%d reports: %+v", len(reports), reports)
	}
	largest, err := w.desk.Registry().LargestPSI(t.Context())
	if err != nil || largest < .25 { // a hundred equal applicants are none of those trained on
		t.Errorf("the largest index is %f, %v", largest, err)
	}
}
