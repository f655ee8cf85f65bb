package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// schemaVersion is the only form of schema files that this package reads.
const schemaVersion = 1

// Kind is what a column holds.
type Kind string

// The kinds. An ignored column is skipped unread; the target is the outcome.
const (
	Number   Kind = "number"
	Category Kind = "category"
	Ignored  Kind = "ignored"
	Outcome  Kind = "target"
)

// Direction is how a rising value must move the chance of a bad outcome.
type Direction string

// The directions. Free leaves it to the figures.
const (
	Free Direction = ""
	Up   Direction = "up"
	Down Direction = "down"
)

// Sign is +1 for up, -1 for down and 0 for free.
func (d Direction) Sign() int {
	switch d {
	case Up:
		return 1
	case Down:
		return -1
	}
	return 0
}

// Text is a phrase in the two languages of the product.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Reason is what a borrower is told when a column counted against them. Columns that say the same to a
// borrower share a code.
type Reason struct {
	Code string `json:"code"`
	Text
}

// Column says what one column of a file means. Bad and Good are the outcomes' cells, of the target alone.
// What is indirect is read by models through its features only, such as a grade through its rank.
// Bands cut a protected number into the groups of a fairness report: a band ends before the next cut.
type Column struct {
	Name      string    `json:"name"`
	Kind      Kind      `json:"kind"`
	Protected bool      `json:"protected,omitempty"`
	Price     bool      `json:"price,omitempty"`
	Indirect  bool      `json:"indirect,omitempty"`
	Direction Direction `json:"direction,omitempty"`
	Least     *float64  `json:"least,omitempty"`
	Most      *float64  `json:"most,omitempty"`
	Levels    []string  `json:"levels,omitempty"`
	Bands     []float64 `json:"bands,omitempty"`
	Bad       string    `json:"bad,omitempty"`
	Good      string    `json:"good,omitempty"`
	Label     *Text     `json:"label,omitempty"`
	Reason    *Reason   `json:"reason,omitempty"`
}

// Schema is one kind of file. Separator is "," or " " (any run of blanks); without a header the columns
// stand in the schema's order. Missing lists the cells that mean nothing was known; the empty cell always does.
type Schema struct {
	Version         int       `json:"version"`
	Name            string    `json:"name"`
	Source          string    `json:"source"`
	Separator       string    `json:"separator"`
	Header          bool      `json:"header"`
	Missing         []string  `json:"missing,omitempty"`
	Columns         []Column  `json:"columns"`
	FeaturesVersion int       `json:"features_version"`
	Features        []Feature `json:"features,omitempty"`
}

// ParseSchema reads a schema file strictly and checks it.
func ParseSchema(file []byte) (*Schema, error) {
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	var schema Schema
	if err := decoder.Decode(&schema); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read schema: there is more than one JSON value in the file; keep the first")
	}
	if err := schema.Check(); err != nil {
		return nil, fmt.Errorf("read schema %q: %w", schema.Name, err)
	}
	return &schema, nil
}

// Check says what is wrong with a schema, or nothing. Every other function of the package takes a schema that
// was checked.
func (s *Schema) Check() error {
	if s.Version != schemaVersion {
		return fmt.Errorf("version is %d, this program reads version %d", s.Version, schemaVersion)
	}
	if s.Name == "" || s.Separator != "," && s.Separator != " " {
		return errors.New(`a name, and a separator of "," or " ", are needed`)
	}
	seen, targets := map[string]bool{}, 0
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Name == "" || seen[c.Name] {
			return fmt.Errorf("column %d: the name %q is empty or used twice", i+1, c.Name)
		}
		seen[c.Name] = true
		if err := c.check(); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
		if c.Kind == Outcome {
			targets++
		}
	}
	if targets != 1 {
		return fmt.Errorf("%d columns are the target, one must be", targets)
	}
	if err := s.checkFeatures(seen); err != nil {
		return err
	}
	return s.checkMarks()
}

func (c *Column) check() error {
	switch c.Kind {
	case Number, Ignored:
		if len(c.Levels) > 0 {
			return errors.New("only a category has levels")
		}
	case Category:
		if c.Direction != Free || c.Least != nil || c.Most != nil || len(c.Bands) > 0 {
			return errors.New("a category has no direction, range or bands; scale it into a number by a feature")
		}
	case Outcome:
		if c.Bad == "" || c.Good == "" || c.Bad == c.Good {
			return errors.New("a target needs two different cells, for bad and for good")
		}
	default:
		return fmt.Errorf("kind %q is none of number, category, ignored, target", c.Kind)
	}
	if c.Kind != Outcome && (c.Bad != "" || c.Good != "") {
		return errors.New("only the target has cells for bad and for good")
	}
	if !slices.Contains([]Direction{Free, Up, Down}, c.Direction) {
		return fmt.Errorf("direction %q is neither up nor down", c.Direction)
	}
	if c.Least != nil && c.Most != nil && *c.Least > *c.Most {
		return errors.New("least is above most")
	}
	if !slices.IsSorted(c.Bands) {
		return errors.New("bands must rise")
	}
	return nil
}

// Clone is a copy that shares nothing with the schema that the package or a caller could change.
func (s *Schema) Clone() *Schema {
	file, err := json.Marshal(s)
	if err != nil {
		panic("dataset: a checked schema has no form that JSON cannot write: " + err.Error())
	}
	var clone Schema
	if err := json.Unmarshal(file, &clone); err != nil {
		panic("dataset: a schema reads back what it wrote: " + err.Error())
	}
	return &clone
}

// Fields lists what a row or record holds, in its order: the file's columns that are numbers or categories,
// then the features, each as a column with what it inherited.
func (s *Schema) Fields() []Column {
	var fields []Column
	for _, c := range s.Columns {
		if c.Kind == Number || c.Kind == Category {
			fields = append(fields, c)
		}
	}
	for _, f := range s.Features {
		fields = append(fields, f.column(fields))
	}
	return fields
}

// Target is the column of the outcome.
func (s *Schema) Target() Column {
	return s.Columns[slices.IndexFunc(s.Columns, func(c Column) bool { return c.Kind == Outcome })]
}

// Inputs lists the fields that a model is offered: none that is protected or indirect, and the price only when
// asked for.
func (s *Schema) Inputs(withPrice bool) []string {
	var names []string
	for _, f := range s.Fields() {
		if !f.Protected && !f.Indirect && (withPrice || !f.Price) {
			names = append(names, f.Name)
		}
	}
	return names
}

// ProtectedError is the refusal to let a model read a protected field.
type ProtectedError struct{ Field string }

// Error names the field and the remedy.
func (e ProtectedError) Error() string {
	return fmt.Sprintf("field %s is protected: no model may read it; leave it out of the inputs", e.Field)
}

// CheckInputs refuses names that are no fields, are named twice, are protected, or sound so and lack the mark.
func (s *Schema) CheckInputs(names []string) error {
	fields := s.Fields()
	for i, name := range names {
		at := indexOf(fields, name)
		if at < 0 {
			return fmt.Errorf("schema %s has no field %s", s.Name, name)
		}
		if fields[at].Protected {
			return ProtectedError{Field: name}
		}
		if err := fields[at].unmarked(); err != nil {
			return err
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("field %s is named twice", name)
		}
	}
	return nil
}

func indexOf(fields []Column, name string) int {
	return slices.IndexFunc(fields, func(c Column) bool { return c.Name == name })
}

// admitsNumber says why a number is not in the column's range, or nothing.
func (c *Column) admitsNumber(value float64) error {
	if math.IsInf(value, 0) || math.IsNaN(value) {
		return errors.New("the number is not finite; write plain decimals")
	}
	if c.Least != nil && value < *c.Least || c.Most != nil && value > *c.Most {
		return fmt.Errorf("%v is outside %s; correct the figure or widen the schema's range", value, c.span())
	}
	return nil
}

func (c *Column) span() string {
	least, most := "…", "…"
	if c.Least != nil {
		least = fmt.Sprint(*c.Least)
	}
	if c.Most != nil {
		most = fmt.Sprint(*c.Most)
	}
	return least + " to " + most
}

// admitsWord says why a word is none of the column's levels, or nothing. A category without levels takes any.
func (c *Column) admitsWord(word string) error {
	if len(c.Levels) > 0 && !slices.Contains(c.Levels, word) {
		return fmt.Errorf("%q is none of the levels %q; correct the cell or add the level to the schema", word, c.Levels)
	}
	return nil
}
