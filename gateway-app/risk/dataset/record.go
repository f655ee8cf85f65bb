package dataset

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	strict "github.com/go-json-experiment/json"
)

// Value is one cell: a number, a word, or nothing known. The zero Value is the number 0.
type Value struct {
	Number float64
	Word   string
}

// NumberValue is a number; NaN is missing.
func NumberValue(number float64) Value { return Value{Number: number} }

// WordValue is a category's level.
func WordValue(word string) Value { return Value{Word: word} }

// MissingValue is what nobody knows.
func MissingValue() Value { return Value{Number: math.NaN()} }

// Missing reports whether nothing is known.
func (v Value) Missing() bool { return math.IsNaN(v.Number) }

// Record is one applicant: a value for every field of the schema that it was made by, in their order.
type Record []Value

// Reader makes records of single applicants. It is safe for concurrent use.
type Reader struct {
	schema  *Schema
	program program
}

// NewReader prepares a checked schema for reading records.
func NewReader(schema *Schema) *Reader {
	return &Reader{schema: schema, program: schema.program()}
}

// Schema is what the reader was made for. It is not to be changed.
func (r *Reader) Schema() *Schema { return r.schema }

// JSON reads one JSON object: a number column's field as a number, a category's as a string. What is left out
// or null is missing; an unknown field, one that is said twice, a feature (features are computed) and a value out of
// its range are refused.
func (r *Reader) JSON(object []byte) (Record, error) {
	var fields map[string]json.RawMessage
	if err := strict.Unmarshal(object, &fields); err != nil {
		return nil, fmt.Errorf("read the applicant's fields: %w", err)
	}
	return r.Fields(fields)
}

// Fields is JSON on an object that was taken apart.
func (r *Reader) Fields(fields map[string]json.RawMessage) (Record, error) {
	columns := r.program.fields[:len(r.program.fields)-len(r.program.steps)]
	if err := r.refuseUnknown(fields, columns); err != nil {
		return nil, err
	}
	record := make(Record, len(r.program.fields))
	for i := range columns {
		value, err := readField(&columns[i], fields[columns[i].Name])
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", columns[i].Name, err)
		}
		record[i] = value
	}
	r.program.run(record)
	return record, nil
}

// refuseUnknown lets the file's ignored and target columns pass, so that a row of a file can be sent as it is.
func (r *Reader) refuseUnknown(fields map[string]json.RawMessage, columns []Column) error {
	var unknown []string
	for name := range fields {
		if indexOf(columns, name) < 0 && indexOf(r.schema.Columns, name) < 0 {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	sort.Strings(unknown)
	var known []string
	for _, c := range columns {
		known = append(known, c.Name)
	}
	return fmt.Errorf("fields %s are not in schema %s; it knows %s",
		strings.Join(unknown, ", "), r.schema.Name, strings.Join(known, ", "))
}

func readField(c *Column, raw json.RawMessage) (Value, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return MissingValue(), nil
	}
	if c.Kind == Number {
		var number float64
		if err := json.Unmarshal(raw, &number); err != nil {
			return Value{}, fmt.Errorf("%s is not a number; send one, or null where it is not known", raw)
		}
		return NumberValue(number), c.admitsNumber(number)
	}
	var word string
	if err := json.Unmarshal(raw, &word); err != nil {
		return Value{}, fmt.Errorf("%s is not a string; send the level, or null where it is not known", raw)
	}
	if word == "" {
		return MissingValue(), nil
	}
	return WordValue(word), c.admitsWord(word)
}

// Object is the record's file columns as JSON fields: what Fields reads back to an equal record. A missing
// value is left out.
func (r *Reader) Object(record Record) map[string]json.RawMessage {
	object := map[string]json.RawMessage{}
	for i, c := range r.program.fields[:len(r.program.fields)-len(r.program.steps)] {
		if record[i].Missing() {
			continue
		}
		var raw []byte
		if c.Kind == Number {
			raw, _ = json.Marshal(record[i].Number) // a finite number always has a form
		} else {
			raw, _ = json.Marshal(record[i].Word) // and so has a string
		}
		object[c.Name] = raw
	}
	return object
}

// Index is the place of a field in a record.
func (s *Schema) Index(name string) (int, bool) {
	at := slices.IndexFunc(s.Fields(), func(c Column) bool { return c.Name == name })
	return at, at >= 0
}
