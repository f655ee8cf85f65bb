package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"github.com/gowebpki/jcs"
)

const (
	costLimit   = 10_000 // steps of one expression; a comparison is one or two
	mostText    = 256    // bytes of a text variable: what cost estimates count with
	mostRules   = 500
	mostWhenLen = 4_096
)

// Error says which expression is wrong, and where in it. Lines and columns count from 1.
type Error struct {
	Rule         string
	Line, Column int
	Problem      string
}

// Error names the rule, the place and the problem.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("rule %s: %s", e.Rule, e.Problem)
	}
	return fmt.Sprintf("rule %s, line %d, column %d: %s", e.Rule, e.Line, e.Column, e.Problem)
}

// Set is a compiled rule set. It does not change, and any number of callers may ask it at once.
type Set struct {
	file      File
	canonical []byte
	hash      string
	programs  []cel.Program
}

// Compile reads a rule file, type-checks every expression against the declared variables, and refuses what could
// run too long.
func Compile(file []byte) (*Set, error) {
	f, err := parse(file)
	if err != nil {
		return nil, fmt.Errorf("read a rule set: %w", err)
	}
	canonical, err := jcs.Transform(file)
	if err != nil {
		return nil, fmt.Errorf("read rule set %s: canonical form: %w", f.Name, err)
	}
	sum := sha256.Sum256(canonical)
	s := &Set{file: f, canonical: canonical, hash: hex.EncodeToString(sum[:])}
	if err := s.compile(); err != nil {
		return nil, fmt.Errorf("compile rule set %s: %w", f.Name, err)
	}
	return s, nil
}

func (s *Set) compile() error {
	if len(s.file.Rules) > mostRules {
		return fmt.Errorf("there are %d rules, at most %d", len(s.file.Rules), mostRules)
	}
	env, err := s.file.environment()
	if err != nil {
		return err
	}
	for _, r := range s.file.Rules {
		program, err := r.compile(env)
		if err != nil {
			return err
		}
		s.programs = append(s.programs, program)
	}
	return nil
}

// environment knows the declared variables and CEL's own operators, and no macro, so that nothing loops.
func (f *File) environment() (*cel.Env, error) {
	options := []cel.EnvOption{cel.ClearMacros(), cel.CrossTypeNumericComparisons(true)}
	for _, v := range f.Variables {
		options = append(options, cel.Variable(v.Name, v.Type.cel()))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("declare variables: %w", err)
	}
	return env, nil
}

func (t Type) cel() *cel.Type {
	switch t {
	case NumberType:
		return cel.DoubleType
	case IntegerType:
		return cel.IntType
	case BooleanType:
		return cel.BoolType
	}
	return cel.StringType
}

func (r Rule) compile(env *cel.Env) (cel.Program, error) {
	if len(r.When) > mostWhenLen {
		return nil, &Error{Rule: r.ID, Problem: fmt.Sprintf("the expression has %d bytes, at most %d", len(r.When), mostWhenLen)}
	}
	ast, issues := env.Compile(r.When)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, &Error{
			Rule: r.ID, Line: first.Location.Line(), Column: first.Location.Column() + 1, Problem: first.Message,
		}
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, &Error{Rule: r.ID, Line: 1, Column: 1, Problem: fmt.Sprintf("the expression is a %s, and must be true or false", ast.OutputType())}
	}
	cost, err := env.EstimateCost(ast, sizes{})
	if err != nil {
		return nil, &Error{Rule: r.ID, Problem: err.Error()}
	}
	if cost.Max > costLimit {
		return nil, &Error{Rule: r.ID, Line: 1, Column: 1, Problem: fmt.Sprintf("the expression may cost %d steps, at most %d", cost.Max, costLimit)}
	}
	program, err := env.Program(ast, cel.CostLimit(costLimit))
	if err != nil {
		return nil, &Error{Rule: r.ID, Problem: err.Error()}
	}
	return program, nil
}

// sizes tells the cost estimate how long texts can be.
type sizes struct{}

// EstimateSize bounds every variable's length.
func (sizes) EstimateSize(checker.AstNode) *checker.SizeEstimate {
	return &checker.SizeEstimate{Min: 0, Max: mostText}
}

// EstimateCallCost leaves calls to CEL's own estimate.
func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

// File is what was compiled. It is not to be changed.
func (s *Set) File() *File { return &s.file }

// Canonical is the file in the form that its hash is of. It is not to be changed.
func (s *Set) Canonical() []byte { return s.canonical }

// Hash is the SHA-256 of the canonical form, in hexadecimal.
func (s *Set) Hash() string { return s.hash }

// Applicant lists the applicant's fields that the rules read, with their types. Whoever knows the schema refuses a
// set that reads a field which is missing there, is of another kind, or is protected.
func (s *Set) Applicant() map[string]Type { return s.from(FromApplicant) }

// Signals lists the signals that the rules read, with their types.
func (s *Set) Signals() map[string]Type { return s.from(FromSignal) }

func (s *Set) from(source Source) map[string]Type {
	found := map[string]Type{}
	for _, v := range s.file.Variables {
		if v.From == source {
			found[v.Name] = v.Type
		}
	}
	return found
}

// isWhole reports whether a number has no fraction and fits an integer that JSON carries exactly.
func isWhole(number float64) bool {
	return number == math.Trunc(number) && math.Abs(number) <= 1<<53
}
