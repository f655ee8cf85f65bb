package expression

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Call answers one function in one evaluation. It gets an int64, bool or string for each parameter, and answers one, or
// nothing (nil) where the answer is not known.
type Call func(arguments []any) (any, error)

// callsName is a variable that no rule has a use for: what a function answers hangs on the evaluation, and is handed to
// the function in it, as a first argument that the compiler puts there.
const callsName = "calls__"

var callsType = cel.OpaqueType("calls")

// calls holds an evaluation's functions as a value that travels through CEL.
type calls map[string]Call

// ConvertToNative is refused: nobody but this package reads it.
func (calls) ConvertToNative(reflect.Type) (any, error) {
	return nil, fmt.Errorf("functions are no value")
}

// ConvertToType is refused likewise.
func (calls) ConvertToType(ref.Type) ref.Val { return types.NewErr("functions are no value") }

// Equal is never true.
func (calls) Equal(ref.Val) ref.Val { return types.False }

// Type is the type that no expression can name.
func (calls) Type() ref.Type { return callsType }

// Value is the functions themselves.
func (c calls) Value() any { return c }

// declare offers the function to the compiler: with its parameters to people, and with the evaluation's functions
// before them to CEL.
func (f Function) declare() []cel.EnvOption {
	parameters := []*cel.Type{callsType}
	for _, p := range f.Parameters {
		parameters = append(parameters, p.cel())
	}
	return []cel.EnvOption{
		cel.Function(f.Name, cel.Overload(f.Name+"_of_calls", parameters, f.Result.cel(), cel.FunctionBinding(f.bound))),
		cel.Macros(cel.GlobalMacro(f.Name, len(f.Parameters),
			func(factory cel.MacroExprFactory, _ ast.Expr, arguments []ast.Expr) (ast.Expr, *cel.Error) {
				return factory.NewCall(f.Name, append([]ast.Expr{factory.NewIdent(callsName)}, arguments...)...), nil
			})),
	}
}

func (f Function) bound(arguments ...ref.Val) ref.Val {
	known := arguments[0].(calls)
	given := make([]any, len(arguments)-1)
	for i, argument := range arguments[1:] {
		given[i] = argument.Value()
	}
	answer, err := known[f.Name](given)
	if err != nil {
		return types.WrapErr(fmt.Errorf("%s: %w", f.Name, err))
	}
	value, err := f.Result.value(answer)
	if err != nil {
		return types.WrapErr(fmt.Errorf("%s: %w", f.Name, err))
	}
	return value
}
