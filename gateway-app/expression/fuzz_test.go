package expression_test

import (
	"errors"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/expression"
)

// Whatever a pack holds in the place of an expression, it is compiled or refused with a place and a remedy; and what was compiled
// answers the same twice.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		"lent_minor - balance_minor", "ratio_ppm(balance_minor, lent_minor)", `kind in ["deposit"] ? 1 : overdue_count(90)`,
		"known(lent_minor)", "calls__", "overdue_count(calls__, 1)", "min(", "1 ? 2 : 3", "\"\\u0000\"", "[[1]]", "-9223372036854775808", "a.b.c",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4_096 {
			return
		}
		p, err := expression.Compile(rule(text), variables, expression.Int, expression.Functions(overdue))
		if err != nil {
			var wrong *expression.Error
			if !errors.As(err, &wrong) || wrong.Remedy == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		first, known, err := p.Int(values(nil))
		second, again, err2 := p.Int(values(nil))
		if first != second || known != again || (err == nil) != (err2 == nil) {
			t.Errorf("%q answers %d, %v, %v and then %d, %v, %v", text, first, known, err, second, again, err2)
		}
	})
}
