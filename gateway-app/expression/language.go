package expression

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/tallystick/tallystick/core/money"
)

// million is a whole in parts per million.
const million = 1_000_000

// ownNames are what this package adds to CEL. No figure may be called like them.
var ownNames = []string{"ratio_ppm", "min", "max", "abs", "known", callsName}

// reserved are CEL's words, as its language definition lists them. A figure called so could not be referred to.
var reserved = []string{
	"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
	"namespace", "null", "package", "return", "true", "var", "void", "while",
}

// language is CEL without its macros, so that nothing loops, with this package's functions.
var language = sync.OnceValues(func() (*cel.Env, error) {
	two, one := []*cel.Type{cel.IntType, cel.IntType}, []*cel.Type{cel.IntType}
	return cel.NewEnv(
		cel.ClearMacros(),
		cel.Variable(callsName, callsType),
		cel.Function("ratio_ppm", cel.Overload("ratio_ppm_int_int", two, cel.IntType, cel.BinaryBinding(ratio))),
		cel.Function("min", cel.Overload("min_int_int", two, cel.IntType, cel.BinaryBinding(lesser))),
		cel.Function("max", cel.Overload("max_int_int", two, cel.IntType, cel.BinaryBinding(greater))),
		cel.Function("abs", cel.Overload("abs_int", one, cel.IntType, cel.UnaryBinding(absolute))),
		cel.Function("known", knownOf(Int), knownOf(Bool), knownOf(Text)),
	)
})

func knownOf(t Type) cel.FunctionOpt {
	return cel.Overload("known_"+string(t), []*cel.Type{t.cel()}, cel.BoolType, cel.OverloadIsNonStrict(), cel.UnaryBinding(known))
}

func known(value ref.Val) ref.Val {
	if types.IsError(value) {
		return value
	}
	return types.Bool(!types.IsUnknown(value))
}

// unknown is the value of what nobody knows.
func unknown() ref.Val { return types.NewUnknown(0, nil) }

// ratio is part / whole in parts per million, half to even. Nothing is lost on the way: the product has 128 bits.
func ratio(part, whole ref.Val) ref.Val {
	p, w := int64(part.(types.Int)), int64(whole.(types.Int))
	if w == 0 {
		return unknown()
	}
	share, err := money.MulDiv(money.Minor(p), million, w, money.HalfEven)
	if err != nil {
		return types.WrapErr(fmt.Errorf("ratio_ppm(%d, %d): %w", p, w, err))
	}
	return types.Int(share)
}

func lesser(a, b ref.Val) ref.Val  { return min(a.(types.Int), b.(types.Int)) }
func greater(a, b ref.Val) ref.Val { return max(a.(types.Int), b.(types.Int)) }

func absolute(value ref.Val) ref.Val {
	v := value.(types.Int)
	if v == math.MinInt64 {
		return types.WrapErr(errors.New("abs of the least number does not fit 64 bits"))
	}
	return max(v, -v)
}

func sortedKeys[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }
