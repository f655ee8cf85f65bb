package regime_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

func rule(id string) regime.Rule {
	return regime.Rule{
		ID: id, Version: 1, Words: regime.Words{EN: "rule " + id, ZH: "规则 " + id},
		Figures: []regime.Figure{{Name: "least", Value: 1}}, Expression: "balance_minor >= least", Source: "made up for the tests",
	}
}

func reports() regime.Pack {
	return regime.Pack{
		ID: "reports", Title: "Reports", Source: "made up for the tests", EffectiveFrom: effective, AppliesTo: regime.Reports,
		Reporting: &regime.Reporting{
			Formulas:    []regime.Formula{{Rule: rule("balance"), Unit: regime.UnitMinor}, {Rule: rule("share"), Unit: regime.UnitPPM}},
			Validations: []regime.Validation{{Rule: rule("whole"), Report: "disclosure", Scope: regime.ScopeSubmission}},
			Alerts:      []regime.Alert{{Rule: rule("large"), Severity: regime.SeverityHigh}},
			Warnings:    []regime.Warning{{Rule: rule("late"), Severity: regime.SeverityLow}},
			Deadlines:   []regime.Deadline{{Rule: rule("in_time"), Report: "disclosure"}},
		},
	}
}

func proposing(p regime.Pack) error {
	_, err := regime.Decide(regime.Pack{}, regime.Propose{Pack: p, Actor: authority})
	return err
}

// A refusal names the list at fault, so that whoever proposed knows where to look.
func TestReportingIsChecked(t *testing.T) {
	expect(t, "in order", proposing(reports()), "", "")
	const formulas, validations = "reporting.formulas", "reporting.validations"
	first := func(r *regime.Reporting) *regime.Formula { return &r.Formulas[0] }
	for _, tested := range []struct {
		what  string
		field string
		spoil func(*regime.Reporting)
	}{
		{"no id", formulas, func(r *regime.Reporting) { first(r).ID = "" }},
		{"a long id", formulas, func(r *regime.Reporting) { first(r).ID = strings.Repeat("x", 65) }},
		{"an id twice", formulas, func(r *regime.Reporting) { first(r).ID = r.Formulas[1].ID }},
		{"no version", formulas, func(r *regime.Reporting) { first(r).Version = 0 }},
		{"no English", formulas, func(r *regime.Reporting) { first(r).Words.EN = "" }},
		{"no Chinese", formulas, func(r *regime.Reporting) { first(r).Words.ZH = "" }},
		{"no source", formulas, func(r *regime.Reporting) { first(r).Source = "" }},
		{"no expression", formulas, func(r *regime.Reporting) { first(r).Expression = "" }},
		{"an id in capitals", formulas, func(r *regime.Reporting) { first(r).ID = "Balance" }},
		{"an id of two words", formulas, func(r *regime.Reporting) { first(r).ID = "the balance" }},
		{"long English", formulas, func(r *regime.Reporting) { first(r).Words.EN = strings.Repeat("x", 201) }},
		{"long Chinese", formulas, func(r *regime.Reporting) { first(r).Words.ZH = strings.Repeat("额", 67) }},
		{"words that are no text", formulas, func(r *regime.Reporting) { first(r).Words.EN = "\xff" }},
		{"a long source", formulas, func(r *regime.Reporting) { first(r).Source = strings.Repeat("x", 501) }},
		{"a figure in capitals", formulas, func(r *regime.Reporting) { first(r).Figures[0].Name = "Least" }},
		{"a figure of a long name", formulas, func(r *regime.Reporting) { first(r).Figures[0].Name = strings.Repeat("x", 65) }},
		{"a long report", validations, func(r *regime.Reporting) { r.Validations[0].Report = strings.Repeat("x", 65) }},
		{"a long expression", formulas, func(r *regime.Reporting) { first(r).Expression = strings.Repeat("1", 4_097) }},
		{"a figure without a name", formulas, func(r *regime.Reporting) { first(r).Figures[0].Name = "" }},
		{"a figure twice", formulas, func(r *regime.Reporting) {
			first(r).Figures = []regime.Figure{{Name: "least"}, {Name: "least"}}
		}},
		{"many figures", formulas, func(r *regime.Reporting) { first(r).Figures = figures(33) }},
		{"many formulas", formulas, func(r *regime.Reporting) { r.Formulas = many(201) }},
		{"no unit", formulas, func(r *regime.Reporting) { first(r).Unit = "" }},
		{"another unit", formulas, func(r *regime.Reporting) { first(r).Unit = "percent" }},
		{"no report", validations, func(r *regime.Reporting) { r.Validations[0].Report = "" }},
		{"another scope", validations, func(r *regime.Reporting) { r.Validations[0].Scope = "page" }},
		{"no words", validations, func(r *regime.Reporting) { r.Validations[0].Words = regime.Words{} }},
		{"another severity", "reporting.alerts", func(r *regime.Reporting) { r.Alerts[0].Severity = "urgent" }},
		{"no source", "reporting.alerts", func(r *regime.Reporting) { r.Alerts[0].Source = "" }},
		{"no severity", "reporting.warnings", func(r *regime.Reporting) { r.Warnings[0].Severity = "" }},
		{"no version", "reporting.warnings", func(r *regime.Reporting) { r.Warnings[0].Version = -1 }},
		{"no report", "reporting.deadlines", func(r *regime.Reporting) { r.Deadlines[0].Report = "" }},
		{"a report of two words", "reporting.deadlines", func(r *regime.Reporting) { r.Deadlines[0].Report = "loan book" }},
		{"no expression", "reporting.deadlines", func(r *regime.Reporting) { r.Deadlines[0].Expression = "" }},
		{"a rule twice", "reporting.deadlines", func(r *regime.Reporting) { r.Deadlines = append(r.Deadlines, r.Deadlines[0]) }},
		{"many rules", "reporting.deadlines", func(r *regime.Reporting) {
			for i := range 200 {
				r.Deadlines = append(r.Deadlines, regime.Deadline{Rule: rule(fmt.Sprint("deadline_", i)), Report: "disclosure"})
			}
		}},
	} {
		p := reports()
		tested.spoil(p.Reporting)
		expect(t, tested.field+": "+tested.what, proposing(p), fault.InvalidField, tested.field)
	}
}

func TestReportingBoundsAreInclusive(t *testing.T) {
	p := reports()
	p.Reporting.Formulas = many(200)
	p.Reporting.Formulas[0].Figures = figures(32)
	p.Reporting.Formulas[1].ID = strings.Repeat("x", 64)
	p.Reporting.Formulas[3].Words = regime.Words{EN: strings.Repeat("x", 200), ZH: strings.Repeat("x", 200)}
	p.Reporting.Formulas[3].Source = strings.Repeat("x", 500)
	p.Reporting.Formulas[3].Figures[0].Name = strings.Repeat("x", 64)
	p.Reporting.Formulas[2].Expression = strings.Repeat("1", 4_096)
	expect(t, "as much as is allowed", proposing(p), "", "")
}

// What a pack is called is bounded too, whatever it applies to.
func TestPacksAreNamedInBounds(t *testing.T) {
	for _, p := range []regime.Pack{pack(), reports()} {
		p.Title, p.Source = strings.Repeat("x", 200), strings.Repeat("x", 500)
		expect(t, "as much as is allowed", proposing(p), "", "")
		long := p
		long.Title += "x"
		expect(t, "a long title", proposing(long), fault.InvalidField, "title")
		long = p
		long.Source += "x"
		expect(t, "a long source", proposing(long), fault.InvalidField, "source")
		p.ID = "two words"
		expect(t, "an id that no key holds", proposing(p), fault.InvalidField, "id")
	}
}

func many(n int) []regime.Formula {
	list := make([]regime.Formula, n)
	for i := range list {
		list[i] = regime.Formula{Rule: rule(fmt.Sprint("formula_", i)), Unit: regime.UnitCount}
	}
	return list
}

func figures(n int) []regime.Figure {
	list := make([]regime.Figure, n)
	for i := range list {
		list[i] = regime.Figure{Name: fmt.Sprint("figure_", i), Value: int64(i)}
	}
	return list
}

// A pack is for loans or for reports, and holds the rules of the one and not of the other.
func TestAPackIsOfOneKind(t *testing.T) {
	loans, both := pack(), pack()
	loans.Reporting = reports().Reporting
	expect(t, "reporting in a pack for loans", proposing(loans), fault.InvalidField, "reporting")
	both.AppliesTo, both.Reporting = regime.Reports, reports().Reporting
	expect(t, "rules in a pack for reports", proposing(both), fault.InvalidField, "rules")
	none, empty := reports(), reports()
	none.Reporting = nil
	expect(t, "no reporting", proposing(none), fault.MissingField, "reporting")
	empty.Reporting = &regime.Reporting{}
	expect(t, "an empty reporting", proposing(empty), fault.MissingField, "reporting")
	alone := reports()
	alone.Reporting = &regime.Reporting{Deadlines: alone.Reporting.Deadlines}
	expect(t, "a deadline alone", proposing(alone), "", "")
}

// No loan is made under a pack for reports, however adopted.
func TestReportsRuleNoLoan(t *testing.T) {
	p := adopted(t, reports())
	if !p.Adopted() {
		t.Fatal("the pack was not adopted")
	}
	expect(t, "a loan under it", p.ForNewBusiness(effective), fault.RegimeUnknown, "regime")
	expect(t, "a business day under it", p.InForce(effective), fault.RegimeUnknown, "regime")
}

func adopted(t *testing.T, p regime.Pack) regime.Pack {
	t.Helper()
	p = step(t, regime.Pack{}, regime.Propose{Pack: p, Actor: authority})
	for _, actor := range []party.Actor{authority, meridian} {
		p = step(t, p, regime.Approve{Actor: actor, On: effective})
	}
	return p
}

func TestReportingOn(t *testing.T) {
	named := func(id string, from calendar.Date) regime.Pack {
		p := reports()
		p.ID, p.EffectiveFrom = id, from
		return p
	}
	first := adopted(t, named("first", effective))
	second := adopted(t, named("second", effective.AddDays(30)))
	sameDay := adopted(t, named("zecond", effective.AddDays(30)))
	retired := step(t, adopted(t, named("retired", effective.AddDays(10))), regime.Retire{Until: effective.AddDays(20), On: effective, Actor: authority})
	proposed := named("proposed", effective.AddDays(5))
	forLoans := adopted(t, pack())
	packs := []regime.Pack{second, forLoans, proposed, first, retired}
	for _, tested := range []struct {
		packs []regime.Pack
		on    calendar.Date
		want  string
	}{
		{packs, effective - 1, ""},
		{packs, effective, "first"},
		{packs, effective.AddDays(9), "first"},
		{packs, effective.AddDays(10), "retired"},
		{packs, effective.AddDays(20), "retired"},
		{packs, effective.AddDays(21), "first"},
		{packs, effective.AddDays(29), "first"},
		{packs, effective.AddDays(30), "second"},
		{append(packs, sameDay), effective.AddDays(30), "zecond"},
		{append([]regime.Pack{sameDay}, packs...), effective.AddDays(30), "zecond"},
		{[]regime.Pack{forLoans, proposed}, effective.AddDays(30), ""},
		{nil, effective, ""},
	} {
		found, ok := regime.ReportingOn(tested.packs, tested.on)
		if found.ID != tested.want || ok != (tested.want != "") {
			t.Errorf("on %s: %q, %v; want %q", tested.on, found.ID, ok, tested.want)
		}
	}
}

// What is approved is what was read: every rule and every figure is in the digest.
func TestTheDigestCoversReporting(t *testing.T) {
	digest := func(p regime.Pack) string {
		t.Helper()
		d, err := wire.PackDigest(p)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := digest(reports())
	for what, change := range map[string]func(*regime.Reporting){
		"a formula":     func(r *regime.Reporting) { r.Formulas[0].Expression += " " },
		"a version":     func(r *regime.Reporting) { r.Formulas[0].Version++ },
		"a unit":        func(r *regime.Reporting) { r.Formulas[0].Unit = regime.UnitCount },
		"a figure":      func(r *regime.Reporting) { r.Alerts[0].Figures[0].Value++ },
		"words":         func(r *regime.Reporting) { r.Warnings[0].Words.ZH += "。" },
		"a source":      func(r *regime.Reporting) { r.Validations[0].Source += "." },
		"a severity":    func(r *regime.Reporting) { r.Warnings[0].Severity = regime.SeverityHigh },
		"a deadline":    func(r *regime.Reporting) { r.Deadlines[0].Figures[0].Value++ },
		"a report":      func(r *regime.Reporting) { r.Deadlines[0].Report = "loan_book" },
		"one rule less": func(r *regime.Reporting) { r.Warnings = nil },
	} {
		p := reports()
		change(p.Reporting)
		if digest(p) == before {
			t.Errorf("another %s has the same digest", what)
		}
	}
	if p := adopted(t, reports()); digest(p) == before {
		t.Error("the digest does not cover the proposer")
	} else if later := step(t, p, regime.Retire{Until: effective, On: effective, Actor: authority}); digest(later) != digest(p) {
		t.Error("the digest covers the retirement")
	}
}

// A source in both languages shows each its half, and any other is whole in both.
func TestASourceShowsEachLanguageItsHalf(t *testing.T) {
	for source, want := range map[string]regime.Words{
		"paid / owed; by 113号 / 按指引": {EN: "paid / owed; by 113号", ZH: "按指引"},
		"paid / owed":                {EN: "paid / owed", ZH: "paid / owed"},
		"按指引":                        {EN: "按指引", ZH: "按指引"},
		"":                           {},
	} {
		if got := regime.SourceWords(source); got != want || got.Source() != source {
			t.Errorf("the source %q is %+v, and %q again", source, got, got.Source())
		}
	}
}
