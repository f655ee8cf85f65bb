package submission

import (
	"fmt"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/expression"
)

// CompileValidation compiles a rule of validation with what it may name: of a disclosure each indicator under its
// formula's id, of a loan book a line's fields or the book's totals. Whoever proposes a pack learns from it what is wrong.
func CompileValidation(v regime.Validation, formulas []regime.Formula) (*expression.Program, error) {
	variables, err := variablesOf(v, formulas)
	if err != nil {
		return nil, err
	}
	return expression.Compile(v.Rule, variables, expression.Bool)
}

func variablesOf(v regime.Validation, formulas []regime.Formula) ([]expression.Variable, error) {
	switch {
	case v.Report == LoanBook && v.Scope == regime.ScopeLine:
		return lineVariables, nil
	case v.Report == LoanBook:
		return bookVariables, nil
	case v.Report == Disclosure && v.Scope == regime.ScopeSubmission:
		indicators := make([]expression.Variable, len(formulas))
		for i, f := range formulas {
			indicators[i] = expression.Variable{Name: f.ID, Type: expression.Int, Meaning: f.Words.EN}
		}
		return indicators, nil
	}
	return nil, &expression.Error{
		Rule: v.ID, Problem: fmt.Sprintf("nothing of kind %q has a scope %q", v.Report, v.Scope),
		Remedy: "name disclosure with submission, or loan_book with submission or line",
	}
}
