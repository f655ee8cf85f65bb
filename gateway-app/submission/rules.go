package submission

import (
	"errors"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/expression"
)

// ruleSet are the compiled rules of validation for one kind of statement.
type ruleSet struct {
	ofLines, ofWhole []*expression.Program
	leftOut          []regime.Rule // that do not compile
}

// compileRules compiles what a pack has for a kind of statement. A rule that does not compile is an error of the pack, for
// which no platform is blamed: it is left out and named, and all others count.
func compileRules(pack regime.Pack, kind string) *ruleSet {
	rules := &ruleSet{}
	if pack.Reporting == nil {
		return rules
	}
	for _, validation := range pack.Reporting.Validations {
		if validation.Report != kind {
			continue
		}
		program, err := CompileValidation(validation, pack.Reporting.Formulas)
		if err != nil {
			rules.leftOut = append(rules.leftOut, validation.Rule)
			continue
		}
		into := &rules.ofWhole
		if validation.Scope == regime.ScopeLine {
			into = &rules.ofLines
		}
		*into = append(*into, program)
	}
	return rules
}

// line asks the rules for lines about one.
func (r *ruleSet) line(l Row, v *Verdict) {
	if len(r.ofLines) == 0 {
		return
	}
	values := map[string]any{
		"status": string(l.Status), "principal_minor": int64(l.PrincipalMinor),
		"outstanding_minor": int64(l.OutstandingMinor), "overdue_days": l.OverdueDays,
	}
	broken(r.ofLines, values, func(rule regime.Rule) { v.add(Finding{Rule: rule.ID, Version: rule.Version, Line: l.At, Loan: l.Loan}) })
}

// whole asks the rules for a statement as a whole, once a statement, and names those that cannot be asked.
func (r *ruleSet) whole(values map[string]any, v *Verdict) {
	for _, rule := range r.leftOut {
		v.note(Finding{Rule: ruleDoesNotCompile, Version: rule.Version, Field: rule.ID})
	}
	broken(r.ofWhole, values, func(rule regime.Rule) { v.add(Finding{Rule: rule.ID, Version: rule.Version}) })
}

// broken tells which rules are not true of some values. A rule that hangs on something unknown is not broken: a share
// of nothing is neither right nor wrong. One that fails, by a number that is too large, is broken.
func broken(rules []*expression.Program, values map[string]any, tell func(regime.Rule)) {
	for _, p := range rules {
		holds, err := p.Bool(values)
		if unknown := errors.Is(err, expression.ErrUnknown); !unknown && (err != nil || !holds) {
			tell(p.Rule())
		}
	}
}
