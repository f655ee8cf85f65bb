package regime

import (
	"fmt"
	"slices"
)

// Contradiction names the first rule that has the id and the version of an earlier one and computes otherwise: by
// another expression, other figures, another unit or at another place. A version stands for one formula, whichever pack it is in. It
// answers nothing where every version means what it meant.
func (r Reporting) Contradiction(earlier Reporting) (field string) {
	for _, list := range []struct {
		name        string
		now, before []computed
	}{
		{"formulas", computedBy(r.Formulas, Formula.computed), computedBy(earlier.Formulas, Formula.computed)},
		{"validations", computedBy(r.Validations, Validation.computed), computedBy(earlier.Validations, Validation.computed)},
		{"alerts", computedBy(r.Alerts, Alert.computed), computedBy(earlier.Alerts, Alert.computed)},
		{"warnings", computedBy(r.Warnings, Warning.computed), computedBy(earlier.Warnings, Warning.computed)},
		{"deadlines", computedBy(r.Deadlines, Deadline.computed), computedBy(earlier.Deadlines, Deadline.computed)},
	} {
		for i, c := range list.now {
			if slices.ContainsFunc(list.before, c.contradicts) {
				return fmt.Sprintf("%s[%d].version", list.name, i)
			}
		}
	}
	return ""
}

// computed is what of a rule its version stands for, and where it counts.
type computed struct {
	Rule
	place string
}

func (f Formula) computed() computed    { return computed{f.Rule, f.Unit} }
func (v Validation) computed() computed { return computed{v.Rule, v.Report + " " + v.Scope} }
func (a Alert) computed() computed      { return computed{a.Rule, ""} }
func (w Warning) computed() computed    { return computed{w.Rule, ""} }
func (d Deadline) computed() computed   { return computed{d.Rule, d.Report} }

func computedBy[T any](list []T, of func(T) computed) []computed {
	found := make([]computed, len(list))
	for i, one := range list {
		found[i] = of(one)
	}
	return found
}

func (c computed) contradicts(earlier computed) bool {
	same := c.Expression == earlier.Expression && slices.Equal(c.Figures, earlier.Figures) && c.place == earlier.place
	return c.ID == earlier.ID && c.Version == earlier.Version && !same
}
