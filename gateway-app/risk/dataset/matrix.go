package dataset

import (
	"fmt"
	"math"
	"slices"
)

// Encoding turns fields into the columns of numbers that trees split on: a number as it is, a category as one
// column a level (1 or 0). A missing value is NaN in all its columns; a level that the encoding does not know
// is 0 in all of them. It is part of a model's file.
type Encoding struct {
	Inputs []Input `json:"inputs"`
}

// Input is one column of the matrix. Level is empty for a number.
type Input struct {
	Field    string `json:"field"`
	Level    string `json:"level,omitempty"`
	Monotone int    `json:"monotone,omitempty"`
}

// Name is how reports call the input.
func (i Input) Name() string {
	if i.Level == "" {
		return i.Field
	}
	return i.Field + "=" + i.Level
}

// NewEncoding lists the inputs for fields of a table: of a category, the levels that at least leastRows of the
// rows have, in order. Protected fields are refused.
func NewEncoding(t *Table, rows []int, fields []string, leastRows int) (Encoding, error) {
	if err := t.schema.CheckInputs(fields); err != nil {
		return Encoding{}, fmt.Errorf("encode fields for a model: %w", err)
	}
	var e Encoding
	for _, name := range fields {
		at := indexOf(t.fields, name)
		if t.fields[at].Kind == Number {
			e.Inputs = append(e.Inputs, Input{Field: name, Monotone: t.fields[at].Direction.Sign()})
			continue
		}
		for _, level := range frequentLevels(t.words[at], rows, leastRows) {
			e.Inputs = append(e.Inputs, Input{Field: name, Level: level})
		}
	}
	return e, nil
}

func frequentLevels(words []string, rows []int, leastRows int) []string {
	count := map[string]int{}
	for _, row := range rows {
		count[words[row]]++
	}
	var levels []string
	for level, n := range count {
		if level != "" && n >= leastRows {
			levels = append(levels, level)
		}
	}
	slices.Sort(levels)
	return levels
}

// Names are the inputs' names, in order.
func (e Encoding) Names() []string {
	names := make([]string, len(e.Inputs))
	for i, input := range e.Inputs {
		names[i] = input.Name()
	}
	return names
}

// Monotone is, for every input, +1 where it may only raise the chance of a bad outcome, -1 where it may only
// lower it, and 0 where it is free.
func (e Encoding) Monotone() []int {
	signs := make([]int, len(e.Inputs))
	for i, input := range e.Inputs {
		signs[i] = input.Monotone
	}
	return signs
}

// Matrix is the whole table, by column.
func (e Encoding) Matrix(t *Table) ([][]float64, error) {
	encoder, err := NewEncoder(e, t.schema)
	if err != nil {
		return nil, err
	}
	columns := make([][]float64, len(e.Inputs))
	for i := range columns {
		columns[i] = make([]float64, t.rows)
	}
	record, row := make(Record, len(t.fields)), make([]float64, len(e.Inputs))
	for r := range t.rows {
		t.Read(r, record)
		encoder.Row(record, row)
		for i, value := range row {
			columns[i][r] = value
		}
	}
	return columns, nil
}

// Encoder is an encoding made ready for the records of one schema. It is safe for concurrent use.
type Encoder struct {
	inputs []Input
	from   []int
}

// NewEncoder resolves an encoding's fields. It refuses protected ones, so that no model's file can bring them back.
func NewEncoder(e Encoding, schema *Schema) (*Encoder, error) {
	encoder := &Encoder{inputs: e.Inputs}
	fields := schema.Fields()
	for _, input := range e.Inputs {
		if err := schema.CheckInputs([]string{input.Field}); err != nil {
			return nil, fmt.Errorf("prepare an encoding: %w", err)
		}
		at := indexOf(fields, input.Field)
		if (fields[at].Kind == Category) != (input.Level != "") {
			return nil, fmt.Errorf("prepare an encoding: input %s does not fit a %s", input.Name(), fields[at].Kind)
		}
		encoder.from = append(encoder.from, at)
	}
	return encoder, nil
}

// Row encodes one record into a slice of as many numbers as there are inputs.
func (e *Encoder) Row(record Record, into []float64) {
	for i, input := range e.inputs {
		value := record[e.from[i]]
		switch {
		case value.Missing():
			into[i] = math.NaN()
		case input.Level == "":
			into[i] = value.Number
		case input.Level == value.Word:
			into[i] = 1
		default:
			into[i] = 0
		}
	}
}
