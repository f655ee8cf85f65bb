package expression_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/expression"
)

var variables = []expression.Variable{
	{Name: "lent_minor", Type: expression.Int},
	{Name: "balance_minor", Type: expression.Int},
	{Name: "related", Type: expression.Bool},
	{Name: "kind", Type: expression.Text},
}

var overdue = expression.Function{Name: "overdue_count", Parameters: []expression.Type{expression.Int}, Result: expression.Int}

func rule(text string, figures ...regime.Figure) regime.Rule {
	return regime.Rule{ID: "tested", Version: 1, Expression: text, Figures: figures}
}

func values(overrides map[string]any) map[string]any {
	all := map[string]any{
		"lent_minor": int64(1_000), "balance_minor": int64(250), "related": false, "kind": "deposit",
		"overdue_count": expression.Call(func(arguments []any) (any, error) { return arguments[0].(int64) * 2, nil }),
	}
	for name, value := range overrides {
		all[name] = value
	}
	return all
}

func compile(t *testing.T, r regime.Rule, result expression.Type) *expression.Program {
	t.Helper()
	p, err := expression.Compile(r, variables, result, expression.Functions(overdue))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNumbers(t *testing.T) {
	for _, tested := range []struct {
		text  string
		want  int64
		known bool
	}{
		{"lent_minor - balance_minor", 750, true},
		{"ratio_ppm(balance_minor, lent_minor)", 250_000, true},
		{"ratio_ppm(1, 3)", 333_333, true},
		{"ratio_ppm(5, 2000000)", 2, true}, // 2.5: half to even
		{"ratio_ppm(7, 2000000)", 4, true}, // 3.5
		{"ratio_ppm(-1, 3)", -333_333, true},
		{"ratio_ppm(9223372036854775807, 9223372036854775807)", 1_000_000, true},
		{"ratio_ppm(balance_minor, 0)", 0, false},
		{"ratio_ppm(balance_minor, 0) + 1", 0, false},
		{"max(min(lent_minor, 10), 3)", 10, true},
		{"min(ratio_ppm(1, 0), 3)", 0, false},
		{"abs(balance_minor - lent_minor)", 750, true},
		{"overdue_count(90) + overdue_count(lent_minor)", 2_180, true},
		{"overdue_count(ratio_ppm(1, 0))", 0, false},
		{`kind in ["deposit", "withdrawal"] ? 1 : 2`, 1, true},
		{"known(ratio_ppm(1, 0)) ? 1 : 2", 2, true},
		{"known(lent_minor) ? 1 : 2", 1, true},
	} {
		value, known, err := compile(t, rule(tested.text), expression.Int).Int(values(nil))
		if err != nil || known != tested.known || value != tested.want {
			t.Errorf("%s: %d, %v, %v; want %d, %v", tested.text, value, known, err, tested.want, tested.known)
		}
	}
}

func TestFiguresAreConstants(t *testing.T) {
	p := compile(t, rule("lent_minor >= least_minor && !related", regime.Figure{Name: "least_minor", Value: 1_000}), expression.Bool)
	for lent, want := range map[int64]bool{999: false, 1_000: true} {
		if got, err := p.Bool(values(map[string]any{"lent_minor": lent})); err != nil || got != want {
			t.Errorf("%d: %v, %v", lent, got, err)
		}
	}
	if p.Rule().ID != "tested" {
		t.Error("a program forgot its rule")
	}
}

func TestWhatIsNotKnown(t *testing.T) {
	nothing := values(map[string]any{"lent_minor": nil})
	if _, err := compile(t, rule("lent_minor > 0"), expression.Bool).Bool(nothing); !errors.Is(err, expression.ErrUnknown) {
		t.Errorf("a comparison with something unknown: %v", err)
	}
	if _, known, err := compile(t, rule("lent_minor * 2"), expression.Int).Int(nothing); known || err != nil {
		t.Errorf("twice something unknown: %v, %v", known, err)
	}
	for _, text := range []string{"!known(lent_minor) || lent_minor > 0", "lent_minor > 0 || !known(lent_minor)", "known(kind) && known(related)"} {
		if ok, err := compile(t, rule(text), expression.Bool).Bool(nothing); err != nil || !ok {
			t.Errorf("%s: %v, %v", text, ok, err)
		}
	}
}

func TestOverflowIsAnError(t *testing.T) {
	least := map[string]any{"lent_minor": int64(math.MaxInt64), "balance_minor": int64(math.MinInt64)}
	for _, text := range []string{
		"lent_minor + 1", "lent_minor * 2", "balance_minor - 1", "-balance_minor", "abs(balance_minor)",
		"ratio_ppm(lent_minor, 1)", "1 / (lent_minor - lent_minor)", "1 % (lent_minor - lent_minor)",
	} {
		_, _, err := compile(t, rule(text), expression.Int).Int(values(least))
		if err == nil || !strings.Contains(err.Error(), "rule tested") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, tested := range []struct {
		text         string
		result       expression.Type
		line, column int
		problem      string
	}{
		{"lent_minor +", expression.Int, 1, 13, "Syntax error"},
		{"lent_minor\n  + lnet_minor", expression.Int, 2, 5, "undeclared reference"},
		{"lent_minor > 0", expression.Int, 1, 1, "type bool"},
		{"lent_minor", expression.Bool, 1, 1, "type int"},
		{"lent_minor + kind", expression.Int, 1, 12, "no matching overload"},
		{"lent_minor * 1.5", expression.Int, 1, 12, "no matching overload"},
		{"double(lent_minor) > 1.5", expression.Bool, 1, 7, "type double"},
		{`timestamp("2016-01-01T00:00:00Z").getFullYear() > 1`, expression.Bool, 1, 10, "Timestamp"},
		{"{1: 2}[1] > 0", expression.Bool, 1, 1, "type map"},
		{"dyn(lent_minor) > 0", expression.Bool, 1, 4, "type dyn"},
		{"[1, 2].exists(x, x > 1)", expression.Bool, 1, 14, "undeclared reference"},
		{"overdue_count() > 1", expression.Bool, 1, 14, "no matching overload"},
		{`overdue_count("x") > 1`, expression.Bool, 1, 14, "no matching overload"},
		{strings.Repeat("kind.matches(kind) || ", 150) + "related", expression.Bool, 1, 1, "may cost"},
	} {
		_, err := expression.Compile(rule(tested.text), variables, tested.result, expression.Functions(overdue))
		var wrong *expression.Error
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v", tested.text, err)
			continue
		}
		if wrong.Rule != "tested" || wrong.Line != tested.line || wrong.Column != tested.column ||
			!strings.Contains(wrong.Problem, tested.problem) || wrong.Remedy == "" {
			t.Errorf("%s: %v", tested.text, wrong)
		}
	}
}

func TestFigureNames(t *testing.T) {
	for _, name := range []string{"lent_minor", "overdue_count", "ratio_ppm", "Upper", "", "with space", "in"} {
		_, err := expression.Compile(rule("1", regime.Figure{Name: name, Value: 1}), variables, expression.Int, expression.Functions(overdue))
		if err == nil {
			t.Errorf("a figure called %q compiled", name)
		}
	}
}

func TestValuesThatDoNotFit(t *testing.T) {
	p := compile(t, rule("lent_minor"), expression.Int)
	for name, given := range map[string]map[string]any{
		"another type":      values(map[string]any{"lent_minor": "1000"}),
		"an int of Go's":    values(map[string]any{"lent_minor": 1_000}),
		"a text too long":   values(map[string]any{"kind": strings.Repeat("x", 257)}),
		"a missing one":     {"balance_minor": int64(1)},
		"a missing call":    values(map[string]any{"overdue_count": nil}),
		"what fails itself": nil,
	} {
		if _, _, err := p.Int(given); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := p.Bool(values(nil)); err == nil {
		t.Error("a number was taken for true or false")
	}
	failing := values(map[string]any{"overdue_count": expression.Call(func([]any) (any, error) { return nil, errors.New("no books") })})
	if _, _, err := compile(t, rule("overdue_count(1)"), expression.Int).Int(failing); err == nil || !strings.Contains(err.Error(), "no books") {
		t.Errorf("a function that fails: %v", err)
	}
	wrong := values(map[string]any{"overdue_count": expression.Call(func([]any) (any, error) { return "many", nil })})
	if _, _, err := compile(t, rule("overdue_count(1)"), expression.Int).Int(wrong); err == nil {
		t.Error("a function answered text for a number")
	}
}
