package expression

import (
	"fmt"
	"regexp"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/types"

	"github.com/tallystick/tallystick/core/regime"
)

const (
	costLimit = 10_000 // steps of one expression; a comparison is one or two
	mostText  = 256    // bytes of a text: what cost estimates count with
)

// Type is what a variable holds or an expression answers.
type Type string

// The types. A date is text, as "2016-03-31", which sorts as dates do.
const (
	Int  Type = "int"
	Bool Type = "bool"
	Text Type = "text"
)

func (t Type) cel() *cel.Type {
	switch t {
	case Int:
		return cel.IntType
	case Bool:
		return cel.BoolType
	}
	return cel.StringType
}

// Variable is one thing that expressions may see.
type Variable struct {
	Name    string
	Type    Type
	Meaning string // for the people who write rules
}

// Function is one thing that expressions may call. What it answers is among the values of an evaluation.
type Function struct {
	Name       string
	Parameters []Type
	Result     Type
	Meaning    string
}

// Option adds to what expressions may use.
type Option func(*offer)

// Functions offers functions.
func Functions(functions ...Function) Option {
	return func(o *offer) { o.functions = append(o.functions, functions...) }
}

// offer is what an expression may use.
type offer struct {
	variables []Variable
	functions []Function
}

// Program is a compiled rule. It does not change, and any number of callers may ask it at once.
type Program struct {
	rule    regime.Rule
	result  Type
	offer   offer
	program cel.Program
}

// Rule is what was compiled.
func (p *Program) Rule() regime.Rule { return p.rule }

// Error says which rule is wrong, where in it, and what to do. Lines and columns count from 1; line 0 is the rule as a whole.
type Error struct {
	Rule         string
	Line, Column int
	Problem      string
	Remedy       string
}

// Error names the rule, the place, the problem and the remedy.
func (e *Error) Error() string {
	place := ""
	if e.Line > 0 {
		place = fmt.Sprintf(", line %d, column %d", e.Line, e.Column)
	}
	return fmt.Sprintf("rule %s%s: %s: %s", e.Rule, place, e.Problem, e.Remedy)
}

// Compile type-checks a rule against what it may use, and refuses what could run too long. Its errors are *Error.
func Compile(r regime.Rule, vars []Variable, result Type, options ...Option) (*Program, error) {
	p := &Program{rule: r, result: result, offer: offer{variables: vars}}
	for _, option := range options {
		option(&p.offer)
	}
	environment, err := p.environment()
	if err != nil {
		return nil, err
	}
	ast, err := p.check(environment)
	if err != nil {
		return nil, err
	}
	if p.program, err = environment.Program(ast, cel.CostLimit(costLimit)); err != nil {
		return nil, p.wrong(1, 1, err.Error(), "write the expression in another way")
	}
	return p, nil
}

func (p *Program) wrong(line, column int, problem, remedy string) *Error {
	return &Error{Rule: p.rule.ID, Line: line, Column: column, Problem: problem, Remedy: remedy}
}

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// environment knows CEL's operators, this package's functions, and what the rule may use.
func (p *Program) environment() (*cel.Env, error) {
	base, err := language()
	if err != nil {
		return nil, fmt.Errorf("set up the expression language: %w", err)
	}
	names := map[string]bool{}
	var options []cel.EnvOption
	for _, v := range p.offer.variables {
		names[v.Name] = true
		options = append(options, cel.Variable(v.Name, v.Type.cel()))
	}
	for _, f := range p.offer.functions {
		names[f.Name] = true
		options = append(options, f.declare()...)
	}
	for _, f := range p.rule.Figures {
		taken := names[f.Name] || slices.Contains(ownNames, f.Name) || slices.Contains(reserved, f.Name)
		if taken || !identifier.MatchString(f.Name) {
			return nil, p.wrong(0, 0, fmt.Sprintf("the figure %q is no lower-case name, or the name of something else", f.Name), "give it another name")
		}
		options = append(options, cel.Constant(f.Name, cel.IntType, types.Int(f.Value)))
	}
	environment, err := base.Extend(options...)
	if err != nil {
		return nil, p.wrong(0, 0, err.Error(), "declare each name once")
	}
	return environment, nil
}

func (p *Program) check(environment *cel.Env) (*cel.Ast, error) {
	ast, issues := environment.Compile(p.rule.Expression)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, p.wrong(first.Location.Line(), first.Location.Column()+1, first.Message,
			"use the variables and functions that this kind of rule offers, the rule's own figures, whole numbers, and no macro")
	}
	if problem := p.checkTypes(ast); problem != nil {
		return nil, problem
	}
	if !ast.OutputType().IsExactType(p.result.cel()) {
		return nil, p.wrong(1, 1, fmt.Sprintf("the expression is of type %s", ast.OutputType()), "make it one of type "+p.result.cel().String())
	}
	cost, err := environment.EstimateCost(ast, sizes{})
	if err != nil {
		return nil, p.wrong(1, 1, err.Error(), "write the expression in another way")
	}
	if cost.Max > costLimit {
		return nil, p.wrong(1, 1, fmt.Sprintf("the expression may cost %d steps, at most %d", cost.Max, costLimit), "make it shorter")
	}
	return ast, nil
}

// checkTypes refuses fractions, instants, bytes, maps and values of no fixed type anywhere in the expression.
func (p *Program) checkTypes(ast *cel.Ast) error {
	native := ast.NativeRep()
	kinds := native.TypeMap()
	for _, id := range sortedKeys(kinds) {
		if allowed(kinds[id]) {
			continue
		}
		at := native.SourceInfo().GetStartLocation(id)
		return p.wrong(at.Line(), at.Column()+1, fmt.Sprintf("a value of type %s", kinds[id]),
			"use whole numbers, true and false, text, and lists of these")
	}
	return nil
}

func allowed(t *types.Type) bool {
	switch t.Kind() {
	case types.IntKind, types.BoolKind, types.StringKind:
		return true
	case types.ListKind:
		return len(t.Parameters()) == 1 && t.Parameters()[0].Kind() != types.ListKind && allowed(t.Parameters()[0])
	}
	return t.TypeName() == callsType.TypeName()
}

// sizes tells the cost estimate how long texts can be.
type sizes struct{}

// EstimateSize bounds every text's length.
func (sizes) EstimateSize(checker.AstNode) *checker.SizeEstimate {
	return &checker.SizeEstimate{Min: 0, Max: mostText}
}

// EstimateCallCost leaves calls to CEL's own estimate.
func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}
