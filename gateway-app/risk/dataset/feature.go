package dataset

import (
	"fmt"
	"math"
	"slices"
)

// Operation is how a feature is computed.
type Operation string

// The operations, each of the values of its fields in their order. Unless said otherwise a missing value makes
// the feature missing; what has no finite value is missing too.
const (
	Ratio      Operation = "ratio"       // the first over the second; over zero is missing
	Difference Operation = "difference"  // the first less the second
	Product    Operation = "product"     // all multiplied
	Sum        Operation = "sum"         // all added
	Mean       Operation = "mean"        // of those present
	Largest    Operation = "largest"     // of those present
	Smallest   Operation = "smallest"    // of those present
	CountAbove Operation = "count_above" // how many of those present are above the threshold
	Scale      Operation = "scale"       // a category's level as the number that values gives it, or missing
	Cross      Operation = "cross"       // the levels of several categories as one
)

// Feature is a field that is computed from fields before it.
type Feature struct {
	Name      string             `json:"name"`
	Operation Operation          `json:"operation"`
	Of        []string           `json:"of"`
	Threshold float64            `json:"threshold,omitempty"`
	Values    map[string]float64 `json:"values,omitempty"`
	Direction Direction          `json:"direction,omitempty"`
	Label     *Text              `json:"label,omitempty"`
	Reason    *Reason            `json:"reason,omitempty"`
}

// column is the feature as a field, given the fields before it: protection and price are inherited.
func (f Feature) column(before []Column) Column {
	c := Column{Name: f.Name, Kind: Number, Direction: f.Direction, Label: f.Label, Reason: f.Reason}
	if f.Operation == Cross {
		c.Kind = Category
	}
	for _, name := range f.Of {
		if at := indexOf(before, name); at >= 0 {
			c.Protected = c.Protected || before[at].Protected
			c.Price = c.Price || before[at].Price
		}
	}
	return c
}

func (s *Schema) checkFeatures(seen map[string]bool) error {
	if len(s.Features) > 0 && s.FeaturesVersion < 1 {
		return fmt.Errorf("there are features and features_version is %d; number them from 1", s.FeaturesVersion)
	}
	before := (&Schema{Columns: s.Columns}).Fields()
	for _, f := range s.Features {
		if f.Name == "" || seen[f.Name] {
			return fmt.Errorf("feature %q: the name is empty or used twice", f.Name)
		}
		seen[f.Name] = true
		if err := f.check(before); err != nil {
			return fmt.Errorf("feature %s: %w", f.Name, err)
		}
		before = append(before, f.column(before))
	}
	return nil
}

func (f Feature) check(before []Column) error {
	arity, known := map[Operation][2]int{
		Ratio: {2, 2}, Difference: {2, 2}, Product: {2, 9}, Sum: {2, 99}, Mean: {2, 99}, Largest: {2, 99},
		Smallest: {2, 99}, CountAbove: {2, 99}, Scale: {1, 1}, Cross: {2, 4},
	}[f.Operation]
	if !known {
		return fmt.Errorf("there is no operation %q", f.Operation)
	}
	if len(f.Of) < arity[0] || len(f.Of) > arity[1] {
		return fmt.Errorf("%s takes %d to %d fields, not %d", f.Operation, arity[0], arity[1], len(f.Of))
	}
	kind := Number
	if f.Operation == Scale || f.Operation == Cross {
		kind = Category
	}
	for _, name := range f.Of {
		at := indexOf(before, name)
		if at < 0 || before[at].Kind != kind {
			return fmt.Errorf("%s is no %s before it", name, kind)
		}
	}
	if (f.Operation == Scale) != (len(f.Values) > 0) {
		return fmt.Errorf("values belong to the operation scale, and scale needs them")
	}
	if f.Operation == Cross && f.Direction != Free || !slices.Contains([]Direction{Free, Up, Down}, f.Direction) {
		return fmt.Errorf("direction %q does not fit", f.Direction)
	}
	return nil
}

// program is a schema's features with names resolved to places, made once for a table or a scorer.
type program struct {
	fields []Column
	steps  []step
}

type step struct {
	feature Feature
	from    []int
	into    int
}

func (s *Schema) program() program {
	p := program{fields: s.Fields()}
	first := len(p.fields) - len(s.Features)
	for i, f := range s.Features {
		next := step{feature: f, into: first + i}
		for _, name := range f.Of {
			next.from = append(next.from, indexOf(p.fields, name))
		}
		p.steps = append(p.steps, next)
	}
	return p
}

// run computes the features of one record in place.
func (p program) run(values []Value) {
	for _, s := range p.steps {
		switch s.feature.Operation {
		case Scale:
			values[s.into] = s.scale(values[s.from[0]])
		case Cross:
			values[s.into] = s.cross(values)
		default:
			values[s.into] = NumberValue(s.number(values))
		}
	}
}

func (s step) scale(value Value) Value {
	if number, ok := s.feature.Values[value.Word]; ok && !value.Missing() {
		return NumberValue(number)
	}
	return MissingValue()
}

func (s step) cross(values []Value) Value {
	word := ""
	for i, from := range s.from {
		if values[from].Missing() {
			return MissingValue()
		}
		if i > 0 {
			word += "|"
		}
		word += values[from].Word
	}
	return WordValue(word)
}

// number is NaN where the feature is missing.
func (s step) number(values []Value) float64 {
	var present []float64
	for _, from := range s.from {
		if !values[from].Missing() {
			present = append(present, values[from].Number)
		}
	}
	switch s.feature.Operation {
	case Mean, Largest, Smallest, CountAbove:
		if len(present) == 0 {
			return math.NaN()
		}
	default:
		if len(present) < len(s.from) {
			return math.NaN()
		}
	}
	result := s.fold(present)
	if math.IsInf(result, 0) {
		return math.NaN()
	}
	return result
}

func (s step) fold(present []float64) float64 {
	result := present[0]
	switch s.feature.Operation {
	case Ratio:
		return present[0] / present[1]
	case Difference:
		return present[0] - present[1]
	case Largest:
		return slices.Max(present)
	case Smallest:
		return slices.Min(present)
	case Product:
		for _, value := range present[1:] {
			result *= value
		}
	case Sum, Mean:
		for _, value := range present[1:] {
			result += value
		}
		if s.feature.Operation == Mean {
			result /= float64(len(present))
		}
	case CountAbove:
		result = 0
		for _, value := range present {
			if value > s.feature.Threshold {
				result++
			}
		}
	}
	return result
}
