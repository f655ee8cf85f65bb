package regime_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/regime"
)

// A version stands for one formula: with other words or another source it is the same, with another expression, figure
// or unit it needs another version.
func TestAVersionStandsForOneFormula(t *testing.T) {
	before := regime.Reporting{
		Formulas: []regime.Formula{{Unit: regime.UnitMinor, Rule: regime.Rule{ID: "balance", Version: 1, Expression: "balance_minor", Source: "a"}}},
		Alerts:   []regime.Alert{{Rule: regime.Rule{ID: "large", Version: 2, Expression: "amount_minor > most", Figures: []regime.Figure{{Name: "most", Value: 5}}}}},
	}
	for name, c := range map[string]struct {
		change func(*regime.Formula, *regime.Alert)
		field  string
	}{
		"nothing":                    {func(*regime.Formula, *regime.Alert) {}, ""},
		"another source":             {func(f *regime.Formula, _ *regime.Alert) { f.Source = "b" }, ""},
		"another expression":         {func(f *regime.Formula, _ *regime.Alert) { f.Expression = "balance_minor + 1" }, "formulas[0].version"},
		"the same, in a new version": {func(f *regime.Formula, _ *regime.Alert) { f.Expression, f.Version = "balance_minor + 1", 2 }, ""},
		"another unit":               {func(f *regime.Formula, _ *regime.Alert) { f.Unit = regime.UnitCount }, "formulas[0].version"},
		"another figure":             {func(_ *regime.Formula, a *regime.Alert) { a.Figures = []regime.Figure{{Name: "most", Value: 6}} }, "alerts[0].version"},
	} {
		f, a := before.Formulas[0], before.Alerts[0]
		c.change(&f, &a)
		now := regime.Reporting{Formulas: []regime.Formula{f}, Alerts: []regime.Alert{a}}
		if field := now.Contradiction(before); field != c.field {
			t.Errorf("%s: %q contradicts, want %q", name, field, c.field)
		}
	}
}

// A deadline of another length, or for another kind of submission, is another version.
func TestAVersionStandsForOneDeadline(t *testing.T) {
	before := reports().Reporting
	for name, c := range map[string]struct {
		change func(*regime.Deadline)
		field  string
	}{
		"the same":           {func(*regime.Deadline) {}, ""},
		"other words":        {func(d *regime.Deadline) { d.Words.EN += "!" }, ""},
		"another figure":     {func(d *regime.Deadline) { d.Figures = []regime.Figure{{Name: "least", Value: 10}} }, "deadlines[0].version"},
		"another expression": {func(d *regime.Deadline) { d.Expression += " + 1" }, "deadlines[0].version"},
		"another report":     {func(d *regime.Deadline) { d.Report = "loan_book" }, "deadlines[0].version"},
		"another version":    {func(d *regime.Deadline) { d.Version, d.Report = 2, "loan_book" }, ""},
	} {
		d := before.Deadlines[0]
		c.change(&d)
		if field := (regime.Reporting{Deadlines: []regime.Deadline{d}}).Contradiction(*before); field != c.field {
			t.Errorf("%s: %q contradicts, want %q", name, field, c.field)
		}
	}
}
