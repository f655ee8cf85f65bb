package submission

import (
	"math"
	"testing"

	"github.com/tallystick/tallystick/core/regime"
)

// A figure too large to be reckoned with breaks the rule that reckons with it: a statement cannot stop its own check. A rule
// that does not compile is named, and stops nothing either: the others count, and nobody is rejected for it.
func TestAFigureTooLargeBreaksTheRule(t *testing.T) {
	words := regime.Words{EN: "twice", ZH: "两倍"}
	formula := regime.Formula{Unit: regime.UnitMinor, Rule: regime.Rule{ID: "balance", Version: 1, Words: words, Expression: "balance_minor", Source: "the test"}}
	pack := regime.Pack{Reporting: &regime.Reporting{Formulas: []regime.Formula{formula}, Validations: []regime.Validation{{
		Rule:   regime.Rule{ID: "twice", Version: 1, Words: words, Expression: "balance + balance >= balance", Source: "the test"},
		Report: Disclosure, Scope: regime.ScopeSubmission,
	}}}}
	slip := pack.Reporting.Validations[0]
	slip.ID, slip.Expression = "slip", "blance >= 0"
	pack.Reporting.Validations = append(pack.Reporting.Validations, slip)
	rules := compileRules(pack, Disclosure)
	for value, broken := range map[any]bool{int64(math.MaxInt64): true, int64(7): false, nil: false} {
		var v Verdict
		rules.whole(map[string]any{"balance": value}, &v)
		named := len(v.Findings) > 0 && v.Findings[0] == Finding{Rule: ruleDoesNotCompile, Version: 1, Field: "slip"}
		if !named || (v.Found == 1) != broken || (v.action() == Reject) != broken {
			t.Errorf("a balance of %v: found was %+v", value, v.Findings)
		}
	}
}
