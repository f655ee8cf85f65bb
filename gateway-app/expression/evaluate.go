package expression

import (
	"errors"
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// ErrUnknown is what a question comes to whose answer hangs on something that is not known.
var ErrUnknown = errors.New("the answer hangs on something that is not known")

// Int evaluates a rule for a number. Each variable has a value: an int64, bool or string, nil for what is not known; each
// function a Call. The answer is not known where it was made of something that is not.
func (p *Program) Int(values map[string]any) (value int64, known bool, err error) {
	answer, err := p.evaluate(Int, values)
	if errors.Is(err, ErrUnknown) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return int64(answer.(types.Int)), true, nil
}

// Bool evaluates a rule that is true or false. It fails with ErrUnknown where nobody knows which.
func (p *Program) Bool(values map[string]any) (bool, error) {
	answer, err := p.evaluate(Bool, values)
	if err != nil {
		return false, err
	}
	return bool(answer.(types.Bool)), nil
}

func (p *Program) evaluate(want Type, values map[string]any) (ref.Val, error) {
	if p.result != want {
		return nil, fmt.Errorf("evaluate rule %s: it was compiled for %s, not for %s", p.rule.ID, p.result, want)
	}
	seen, err := p.offer.read(values)
	if err != nil {
		return nil, fmt.Errorf("evaluate rule %s: %w", p.rule.ID, err)
	}
	answer, _, err := p.program.Eval(seen)
	switch {
	case err != nil:
		return nil, fmt.Errorf("evaluate rule %s: %w", p.rule.ID, err)
	case types.IsUnknown(answer):
		return nil, fmt.Errorf("evaluate rule %s: %w", p.rule.ID, ErrUnknown)
	}
	return answer, nil
}

// read refuses values that are missing or of another type: a misspelt name must not count as unknown.
func (o offer) read(values map[string]any) (map[string]any, error) {
	seen := make(map[string]any, len(o.variables)+1)
	for _, v := range o.variables {
		given, ok := values[v.Name]
		if !ok {
			return nil, fmt.Errorf("variable %s has no value", v.Name)
		}
		value, err := v.Type.value(given)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		seen[v.Name] = value
	}
	bound := make(calls, len(o.functions))
	for _, f := range o.functions {
		call, ok := values[f.Name].(Call)
		if !ok {
			return nil, fmt.Errorf("function %s has no Call", f.Name)
		}
		bound[f.Name] = call
	}
	seen[callsName] = bound
	return seen, nil
}

// value turns a value of Go's into one of CEL's.
func (t Type) value(given any) (ref.Val, error) {
	switch v := given.(type) {
	case nil:
		return unknown(), nil
	case int64:
		if t == Int {
			return types.Int(v), nil
		}
	case bool:
		if t == Bool {
			return types.Bool(v), nil
		}
	case string:
		if t == Text && len(v) <= mostText {
			return types.String(v), nil
		}
	}
	return nil, fmt.Errorf("%T is no %s, or too long", given, t)
}
