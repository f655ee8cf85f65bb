package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Values are what the rules see. Decision and request hold every variable that the set declares of them; what is
// left out of Applicant and Signals is not known, and the variable's default stands in.
type Values struct {
	Points         int
	ProbabilityPPM int64
	ChallengerPPM  int64
	KnownPPM       int64
	ThinFile       bool
	Grade          string
	ProductRisk    int
	LimitMinor     int64
	AmountMinor    int64
	TermMonths     int
	Applicant      map[string]any // float64 or string
	Signals        map[string]json.RawMessage
}

// Fired is a rule that was true, or one that could not be computed for this applicant (a division by zero, a number
// beyond 64 bits): that one refers, whatever it would have said, since nobody knows.
type Fired struct {
	Rule   string
	Then   Outcome
	Reason Reason
	Failed bool
}

// Evaluate asks every rule, and lists those that fired in the set's order. Signals that the set does not declare
// are refused: what nobody looks at is a mistake of the caller's or of the set's.
func (s *Set) Evaluate(values Values) ([]Fired, error) {
	seen, err := s.activation(values)
	if err != nil {
		return nil, fmt.Errorf("evaluate rule set %s: %w", s.file.Name, err)
	}
	var fired []Fired
	for i, program := range s.programs {
		r := s.file.Rules[i]
		answer, _, err := program.Eval(seen)
		switch {
		case err != nil:
			fired = append(fired, Fired{Rule: r.ID, Then: Refer, Reason: r.Reason, Failed: true})
		case answer.Value() == true:
			fired = append(fired, Fired{Rule: r.ID, Then: r.Then, Reason: r.Reason})
		}
	}
	return fired, nil
}

// Gravest is the outcome that counts among rules that fired, or none.
func Gravest(fired []Fired) Outcome {
	var outcome Outcome
	for _, f := range fired {
		if f.Then.Graver(outcome) {
			outcome = f.Then
		}
	}
	return outcome
}

// CheckSignals refuses signals that the set does not declare, or that are of another type.
func (s *Set) CheckSignals(signals map[string]json.RawMessage) error {
	var unknown []string
	for name := range signals {
		if word := ProtectedWord(name); word != "" {
			return fmt.Errorf("signal %s: no rule may look at %s; leave it out", name, word)
		}
		if !slices.ContainsFunc(s.file.Variables, func(v Variable) bool { return v.Name == name && v.From == FromSignal }) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("rule set %s declares no signals %s", s.file.Name, strings.Join(unknown, ", "))
	}
	return nil
}

func (s *Set) activation(values Values) (map[string]any, error) {
	if err := s.CheckSignals(values.Signals); err != nil {
		return nil, err
	}
	known := map[string]any{
		"points": int64(values.Points), "probability_ppm": values.ProbabilityPPM, "challenger_ppm": values.ChallengerPPM,
		"known_ppm": values.KnownPPM, "thin_file": values.ThinFile, "grade": values.Grade,
		"product_risk": int64(values.ProductRisk), "limit_minor": values.LimitMinor,
		"amount_minor": values.AmountMinor, "term_months": int64(values.TermMonths),
	}
	seen := make(map[string]any, len(s.file.Variables))
	for _, v := range s.file.Variables {
		value, err := v.value(values, known)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		seen[v.Name] = value
	}
	return seen, nil
}

func (v Variable) value(values Values, known map[string]any) (any, error) {
	switch v.From {
	case FromApplicant:
		if value, ok := values.Applicant[v.Name]; ok {
			return value, nil
		}
	case FromSignal:
		if raw := values.Signals[v.Name]; len(raw) > 0 && string(raw) != "null" {
			return v.read(raw)
		}
	default:
		return known[v.Name], nil
	}
	return v.read(v.Default)
}

// read turns JSON into what CEL compares.
func (v Variable) read(raw json.RawMessage) (any, error) {
	switch v.Type {
	case BooleanType:
		return readAs[bool](raw, v.Type)
	case TextType:
		text, err := readAs[string](raw, v.Type)
		if err == nil && len(text) > mostText {
			err = fmt.Errorf("the text has %d bytes, at most %d", len(text), mostText)
		}
		return text, err
	}
	number, err := readAs[float64](raw, v.Type)
	switch {
	case err != nil:
		return nil, err
	case v.Type == NumberType:
		return number, nil
	case !isWhole(number):
		return nil, fmt.Errorf("%s is no whole number within 2^53", raw)
	}
	return int64(number), nil
}

var errNothing = errors.New("there is no value")

func readAs[T any](raw json.RawMessage, kind Type) (T, error) {
	var value T
	if len(raw) == 0 || string(raw) == "null" {
		return value, errNothing
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, fmt.Errorf("%s is no %s", raw, kind)
	}
	return value, nil
}

// PPM is a probability in parts per million, halves away from zero.
func PPM(probability float64) int64 { return int64(math.Round(probability * 1e6)) }
