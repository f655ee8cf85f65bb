package submission

import (
	"math"
	"testing"

	"github.com/tallystick/tallystick/core/regime"
)

// A figure too large to be reckoned with breaks the rule that reckons with it: a statement cannot stop its own check.
func TestAFigureTooLargeBreaksTheRule(t *testing.T) {
	words := regime.Words{EN: "twice", ZH: "两倍"}
	formula := regime.Formula{Unit: regime.UnitMinor, Rule: regime.Rule{ID: "balance", Version: 1, Words: words, Expression: "balance_minor", Source: "the test"}}
	pack := regime.Pack{Reporting: &regime.Reporting{Formulas: []regime.Formula{formula}, Validations: []regime.Validation{{
		Rule:   regime.Rule{ID: "twice", Version: 1, Words: words, Expression: "balance + balance >= balance", Source: "the test"},
		Report: Disclosure, Scope: regime.ScopeSubmission,
	}}}}
	rules, err := compileRules(pack, Disclosure)
	if err != nil {
		t.Fatal(err)
	}
	for value, broken := range map[any]bool{int64(math.MaxInt64): true, int64(7): false, nil: false} {
		var v Verdict
		rules.whole(map[string]any{"balance": value}, &v)
		if (len(v.Findings) == 1) != broken {
			t.Errorf("a balance of %v: found was %+v", value, v.Findings)
		}
	}
}
