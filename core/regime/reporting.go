package regime

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// What a pack applies to.
const (
	NewLoans = "new"     // loans that are proposed under it, for as long as they run
	Reports  = "reports" // what members publish, submit and watch, from its day on
)

// Reporting is what a pack that applies to reports holds: formulas, checks and thresholds as data. Whoever
// computes a figure names the formula's version beside it, so that two figures are compared only when one
// formula made them.
//
// The expressions are CEL (Common Expression Language). This package wants them to be there and bounded; whether one
// compiles is found by those who evaluate it, who refuse a pack with one that does not.
type Reporting struct {
	Formulas    []Formula    `json:"formulas,omitempty"`    // of the indicators that a platform discloses
	Validations []Validation `json:"validations,omitempty"` // of what a platform submits
	Alerts      []Alert      `json:"alerts,omitempty"`      // of movements of customers' money
	Warnings    []Warning    `json:"warnings,omitempty"`    // of loans that may go overdue
	Deadlines   []Deadline   `json:"deadlines,omitempty"`   // of what a platform submits
}

// Words are what a rule is called, for people.
type Words struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// Figure is a number that an expression refers to by its name: a threshold stands in a list that people read, not
// in the middle of a formula.
type Figure struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

// Rule is one expression with its version and where it comes from.
type Rule struct {
	ID         string   `json:"id"`
	Version    int      `json:"version"` // from 1; another formula under the same id has another version
	Words      Words    `json:"words"`
	Figures    []Figure `json:"figures,omitempty"`
	Expression string   `json:"expression"`
	Source     string   `json:"source"` // SourceWords has its languages
}

// SourceWords are a source in its languages. One that is written in both has English ahead of the first " / " that a
// Chinese character follows, and Chinese behind it; any other is the same in both.
func SourceWords(source string) Words {
	const between = " / "
	for at := 0; ; {
		next := strings.Index(source[at:], between)
		if next < 0 {
			return Words{EN: source, ZH: source}
		}
		at += next + len(between)
		if first, _ := utf8.DecodeRuneInString(source[at:]); unicode.Is(unicode.Han, first) {
			return Words{EN: source[:at-len(between)], ZH: source[at:]}
		}
	}
}

// Source is the text of which w are the SourceWords.
func (w Words) Source() string {
	if w.EN == w.ZH {
		return w.EN
	}
	return w.EN + " / " + w.ZH
}

// Figure answers the value of a figure by its name, and another where the rule has none of that name.
func (r Rule) Figure(name string, otherwise int64) int64 {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return otherwise
}

// What a formula's value counts.
const (
	UnitMinor = "minor" // of the currency
	UnitCount = "count"
	UnitPPM   = "ppm" // a share
)

// Formula makes an indicator of a platform's standing at the close of a business day.
type Formula struct {
	Rule
	Unit string `json:"unit"`
}

// Where a validation looks.
const (
	ScopeSubmission = "submission" // at what is submitted as a whole
	ScopeLine       = "line"       // at each line of it
)

// Validation is true of what is in order.
type Validation struct {
	Rule
	Report string `json:"report"` // the kind of submission that it checks
	Scope  string `json:"scope"`
}

// Alert is true of a movement of a customer's money that somebody must look at. Its figures may bound how many
// days it looks back.
type Alert struct {
	Rule
	Severity string `json:"severity"`
}

// Warning is true of a loan that somebody must look at before it is overdue.
type Warning struct {
	Rule
	Severity string `json:"severity"`
}

// Deadline is true while a first statement of a period is in time.
type Deadline struct {
	Rule
	Report string `json:"report"` // the kind of submission that it is about
}

// How soon somebody must look.
const (
	SeverityLow    = "low"
	SeverityMedium = "medium"
	SeverityHigh   = "high"
)

// Bounds of what a pack holds, in bytes of UTF-8 where it is text.
const (
	mostReportingRules  = 200 // of each kind
	mostExpressionBytes = 4_096
	mostFigures         = 32
	mostNameBytes       = 64 // ids of rules, names of figures, kinds of submissions
	mostWordsBytes      = 200
	mostSourceBytes     = 500
)

// ReportingOn answers the pack whose reporting rules are in force on a day: of those that apply to reports, were
// adopted and not retired, the one that took effect last; of two on one day the later id. It answers false where
// there is none.
func ReportingOn(packs []Pack, on calendar.Date) (Pack, bool) {
	var found Pack
	for _, p := range packs {
		retired := !p.Until.IsZero() && on > p.Until
		if p.AppliesTo != Reports || !p.Adopted() || p.EffectiveFrom > on || retired {
			continue
		}
		if found.ID == "" || p.EffectiveFrom > found.EffectiveFrom || p.EffectiveFrom == found.EffectiveFrom && p.ID > found.ID {
			found = p
		}
	}
	return found, found.ID != ""
}

func (r Reporting) validate() error {
	if len(r.Formulas)+len(r.Validations)+len(r.Alerts)+len(r.Warnings)+len(r.Deadlines) == 0 {
		return fault.In(fault.MissingField, "reporting")
	}
	for _, list := range []struct {
		field string
		rules []Rule
	}{
		{"reporting.formulas", rulesOf(r.Formulas, func(f Formula) Rule { return f.Rule })},
		{"reporting.validations", rulesOf(r.Validations, func(v Validation) Rule { return v.Rule })},
		{"reporting.alerts", rulesOf(r.Alerts, func(a Alert) Rule { return a.Rule })},
		{"reporting.warnings", rulesOf(r.Warnings, func(w Warning) Rule { return w.Rule })},
		{"reporting.deadlines", rulesOf(r.Deadlines, func(d Deadline) Rule { return d.Rule })},
	} {
		if !formed(list.rules) {
			return fault.In(fault.InvalidField, list.field)
		}
	}
	return r.validateKinds()
}

// validateKinds checks what only one kind of rule has.
func (r Reporting) validateKinds() error {
	units, scopes := []string{UnitMinor, UnitCount, UnitPPM}, []string{ScopeSubmission, ScopeLine}
	severities := []string{SeverityLow, SeverityMedium, SeverityHigh}
	switch {
	case slices.ContainsFunc(r.Formulas, func(f Formula) bool { return !slices.Contains(units, f.Unit) }):
		return fault.In(fault.InvalidField, "reporting.formulas")
	case slices.ContainsFunc(r.Validations, func(v Validation) bool { return !named(v.Report) || !slices.Contains(scopes, v.Scope) }):
		return fault.In(fault.InvalidField, "reporting.validations")
	case slices.ContainsFunc(r.Alerts, func(a Alert) bool { return !slices.Contains(severities, a.Severity) }):
		return fault.In(fault.InvalidField, "reporting.alerts")
	case slices.ContainsFunc(r.Warnings, func(w Warning) bool { return !slices.Contains(severities, w.Severity) }):
		return fault.In(fault.InvalidField, "reporting.warnings")
	case slices.ContainsFunc(r.Deadlines, func(d Deadline) bool { return !named(d.Report) }):
		return fault.In(fault.InvalidField, "reporting.deadlines")
	}
	return nil
}

func rulesOf[T any](list []T, rule func(T) Rule) []Rule {
	rules := make([]Rule, len(list))
	for i, one := range list {
		rules[i] = rule(one)
	}
	return rules
}

// formed reports whether a list is not too long and each rule in it has all that people need to follow it, under an
// id of its own.
func formed(rules []Rule) bool {
	seen := make([]string, 0, len(rules))
	for _, r := range rules {
		if !r.formed() || slices.Contains(seen, r.ID) {
			return false
		}
		seen = append(seen, r.ID)
	}
	return len(rules) <= mostReportingRules
}

func (r Rule) formed() bool {
	names := make([]string, len(r.Figures))
	for i, f := range r.Figures {
		names[i] = f.Name
	}
	return named(r.ID) && r.Version > 0 && worded(r.Words.EN, mostWordsBytes) && worded(r.Words.ZH, mostWordsBytes) &&
		worded(r.Source, mostSourceBytes) && worded(r.Expression, mostExpressionBytes) &&
		len(names) <= mostFigures && distinct(names) && !slices.ContainsFunc(names, func(name string) bool { return !named(name) })
}

// worded reports whether a text is there, is text, and is not too long.
func worded(text string, most int) bool {
	return text != "" && len(text) <= most && utf8.ValidString(text)
}

// named reports whether a text can be referred to: lower-case letters, digits and underscores.
func named(text string) bool {
	if text == "" || len(text) > mostNameBytes {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
