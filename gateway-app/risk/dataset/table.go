package dataset

import (
	"fmt"
	"math"
)

// Table holds rows by column: numbers as they are with NaN for missing, categories as words with "" for
// missing. Nothing changes it after it was read.
type Table struct {
	schema  *Schema
	fields  []Column
	numbers [][]float64
	words   [][]string
	bad     []bool
	rows    int
}

func newTable(schema *Schema, fields []Column) *Table {
	return &Table{
		schema: schema, fields: fields,
		numbers: make([][]float64, len(fields)), words: make([][]string, len(fields)),
	}
}

func (t *Table) add(record Record) {
	for i, value := range record {
		if t.fields[i].Kind == Number {
			t.numbers[i] = append(t.numbers[i], value.Number)
		} else {
			t.words[i] = append(t.words[i], value.Word)
		}
	}
	t.rows++
}

// Schema is what the table was read by. It is not to be changed.
func (t *Table) Schema() *Schema { return t.schema }

// Fields are the schema's, in the order of records. They are not to be changed.
func (t *Table) Fields() []Column { return t.fields }

// Rows is how many there are.
func (t *Table) Rows() int { return t.rows }

// Bad is the outcome of every row, or nil where the file has no target column. It is not to be changed.
func (t *Table) Bad() []bool { return t.bad }

// Numbers is a number field's column, NaN where missing. It is not to be changed.
func (t *Table) Numbers(name string) ([]float64, error) {
	at := indexOf(t.fields, name)
	if at < 0 || t.fields[at].Kind != Number {
		return nil, fmt.Errorf("schema %s has no number field %s", t.schema.Name, name)
	}
	return t.numbers[at], nil
}

// Words is a category field's column, "" where missing. It is not to be changed.
func (t *Table) Words(name string) ([]string, error) {
	at := indexOf(t.fields, name)
	if at < 0 || t.fields[at].Kind != Category {
		return nil, fmt.Errorf("schema %s has no category field %s", t.schema.Name, name)
	}
	return t.words[at], nil
}

// Record is one row as a record of its own.
func (t *Table) Record(row int) Record {
	record := make(Record, len(t.fields))
	t.Read(row, record)
	return record
}

// Read puts a row into a record that the caller keeps for many rows.
func (t *Table) Read(row int, into Record) {
	for i, f := range t.fields {
		switch {
		case f.Kind == Number:
			into[i] = NumberValue(t.numbers[i][row])
		case t.words[i][row] == "":
			into[i] = MissingValue()
		default:
			into[i] = WordValue(t.words[i][row])
		}
	}
}

// All lists every row.
func (t *Table) All() []int {
	rows := make([]int, t.rows)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// MissingShare is the share of rows in which a field is missing.
func (t *Table) MissingShare(name string) (float64, error) {
	at := indexOf(t.fields, name)
	if at < 0 {
		return 0, fmt.Errorf("schema %s has no field %s", t.schema.Name, name)
	}
	missing := 0
	for _, value := range t.numbers[at] {
		if math.IsNaN(value) {
			missing++
		}
	}
	for _, word := range t.words[at] {
		if word == "" {
			missing++
		}
	}
	return float64(missing) / float64(max(t.rows, 1)), nil
}
