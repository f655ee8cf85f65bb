package disclosure

import (
	"fmt"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/expression"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// figure is a variable with where a standing has it.
type figure struct {
	expression.Variable
	of func(portfolio.Standing) int64
}

// figures are what a formula sees of a standing.
var figures = []figure{
	number("lent_minor", "principal of all loans that were ever disbursed", func(s portfolio.Standing) int64 { return int64(s.Lent.AmountMinor) }),
	number("lent_count", "loans that were ever disbursed", func(s portfolio.Standing) int64 { return s.Lent.Loans }),
	number("balance_minor", "principal that is owed, due or not", func(s portfolio.Standing) int64 { return int64(s.Balance.AmountMinor) }),
	number("balance_count", "loans that owe principal", func(s portfolio.Standing) int64 { return s.Balance.Loans }),
	number("interest_minor", "scheduled interest that is owed, due or not", func(s portfolio.Standing) int64 { return int64(s.Interest.AmountMinor) }),
	number("interest_count", "loans that owe scheduled interest", func(s portfolio.Standing) int64 { return s.Interest.Loans }),
	number("borrowers", "borrowers ever lent to, each once", func(s portfolio.Standing) int64 { return s.Borrowers }),
	number("borrowers_current", "borrowers who owe principal", func(s portfolio.Standing) int64 { return s.BorrowersCurrent }),
	number("lenders", "lenders who ever lent, each once", func(s portfolio.Standing) int64 { return s.Lenders }),
	number("lenders_current", "lenders of loans that owe principal", func(s portfolio.Standing) int64 { return s.LendersCurrent }),
	number("largest_minor", "what the one largest borrower owes", func(s portfolio.Standing) int64 { return sum(s.LargestMinor, 1) }),
	number("top_ten_minor", "what the ten largest borrowers owe", func(s portfolio.Standing) int64 { return sum(s.LargestMinor, largest) }),
	number("related_minor", "principal owed by parties related to the platform", func(s portfolio.Standing) int64 { return int64(s.Related.AmountMinor) }),
	number("related_count", "loans of parties related to the platform that owe principal", func(s portfolio.Standing) int64 { return s.Related.Loans }),
	number("compensated_minor", "what others than borrowers ever paid for them", func(s portfolio.Standing) int64 { return int64(s.Compensated.AmountMinor) }),
	number("compensated_count", "loans for which others ever paid", func(s portfolio.Standing) int64 { return s.Compensated.Loans }),
}

// aging is a function of days with where a standing has its answer.
type aging struct {
	expression.Function
	of func(portfolio.Standing, int64) int64
}

var agings = []aging{
	byDays("overdue_count", "loans whose oldest unpaid row fell due more than so many days before", func(s portfolio.Standing, days int64) int64 { return s.OverdueBy(days).Loans }),
	byDays("overdue_balance_minor", "all the principal that such loans owe, due or not", func(s portfolio.Standing, days int64) int64 { return int64(s.OverdueBy(days).AmountMinor) }),
	byDays("overdue_minor", "principal that fell due more than so many days before and was not paid", func(s portfolio.Standing, days int64) int64 { return int64(s.UnpaidBy(days).PrincipalMinor) }),
	byDays("overdue_interest_minor", "interest that fell due more than so many days before and was not paid", func(s portfolio.Standing, days int64) int64 { return int64(s.UnpaidBy(days).InterestMinor) }),
}

func number(name, meaning string, of func(portfolio.Standing) int64) figure {
	return figure{expression.Variable{Name: name, Type: expression.Int, Meaning: meaning}, of}
}

func byDays(name, meaning string, of func(portfolio.Standing, int64) int64) aging {
	days := []expression.Type{expression.Int}
	return aging{expression.Function{Name: name, Parameters: days, Result: expression.Int, Meaning: meaning}, of}
}

// Variables are what formulas see.
func Variables() []expression.Variable {
	variables := make([]expression.Variable, len(figures))
	for i, f := range figures {
		variables[i] = f.Variable
	}
	return variables
}

// Functions are what formulas call.
func Functions() []expression.Function {
	functions := make([]expression.Function, len(agings))
	for i, a := range agings {
		functions[i] = a.Function
	}
	return functions
}

// CompileFormula compiles one formula, or says what is wrong with it: its error is an *expression.Error.
func CompileFormula(f regime.Formula) (*expression.Program, error) {
	return expression.Compile(f.Rule, Variables(), expression.Int, expression.Functions(Functions()...))
}

// values are what formulas see of standings. Those of several custodians have their own days: each counts overdue days
// to its own close.
func values(merged portfolio.Standing, standings []portfolio.Standing) map[string]any {
	all := make(map[string]any, len(figures)+len(agings))
	for _, f := range figures {
		all[f.Name] = f.of(merged)
	}
	for _, a := range agings {
		all[a.Name] = expression.Call(func(arguments []any) (any, error) {
			var total money.Minor
			for _, s := range standings {
				var err error
				if total, err = money.Add(total, money.Minor(a.of(s, arguments[0].(int64)))); err != nil {
					return nil, fmt.Errorf("add up the custodians: %w", err)
				}
			}
			return int64(total), nil
		})
	}
	return all
}

func sum(amounts []money.Minor, most int) int64 {
	var total money.Minor
	for _, amount := range amounts[:min(most, len(amounts))] {
		total += amount
	}
	return int64(total)
}
