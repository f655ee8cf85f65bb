package dataset

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// CellError says where a file could not be read, and what to do.
type CellError struct {
	Line   int
	Column string
	Err    error
}

// Error names line and column before what was wrong.
func (e *CellError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d, column %s: %v", e.Line, e.Column, e.Err)
}

// Unwrap is what was wrong with the cell.
func (e *CellError) Unwrap() error { return e.Err }

// Load reads a whole file. Every column of the schema must be there, and no other, except that a file with a
// header may leave out the target: its table has no outcomes and can be scored, not trained on.
func Load(file io.Reader, schema *Schema) (*Table, error) {
	loader := loader{schema: schema, program: schema.program(), lines: lines(file, schema.Separator)}
	loader.table = newTable(schema, loader.program.fields)
	loader.record = make(Record, len(loader.program.fields))
	if err := loader.order(); err != nil {
		return nil, fmt.Errorf("read figures by schema %s: %w", schema.Name, err)
	}
	for {
		line, cells, err := loader.lines()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = loader.row(line, cells)
		}
		if err != nil {
			return nil, fmt.Errorf("read figures by schema %s: %w", schema.Name, err)
		}
	}
	if loader.table.rows == 0 {
		return nil, fmt.Errorf("read figures by schema %s: the file has no rows", schema.Name)
	}
	return loader.table, nil
}

// lineReader yields the next line's number and cells, or io.EOF.
type lineReader func() (int, []string, error)

func lines(file io.Reader, separator string) lineReader {
	if separator == "," {
		reader := csv.NewReader(file)
		reader.FieldsPerRecord = -1 // a line's length is checked with a remedy, by row
		reader.ReuseRecord = true
		return func() (int, []string, error) {
			cells, err := reader.Read()
			if err != nil {
				return 0, nil, err
			}
			line, _ := reader.FieldPos(0)
			return line, cells, nil
		}
	}
	scanner, line := bufio.NewScanner(file), 0
	return func() (int, []string, error) {
		for scanner.Scan() {
			line++
			if cells := strings.Fields(scanner.Text()); len(cells) > 0 {
				return line, cells, nil
			}
		}
		if scanner.Err() != nil {
			return 0, nil, scanner.Err()
		}
		return 0, nil, io.EOF
	}
}

type loader struct {
	schema  *Schema
	program program
	lines   lineReader
	columns []*Column // of each cell of a line
	fields  []int     // the field that each cell fills, or -1
	table   *Table
	record  Record
	words   map[string]string // one copy of each word, however often it occurs
}

// order finds out which cell is which column.
func (l *loader) order() error {
	l.words = map[string]string{}
	if !l.schema.Header {
		for i := range l.schema.Columns {
			l.place(&l.schema.Columns[i])
		}
		return nil
	}
	line, names, err := l.lines()
	if err != nil {
		return fmt.Errorf("read the header: %w", err)
	}
	for _, name := range names {
		name = strings.TrimPrefix(name, "\ufeff")
		at := indexOf(l.schema.Columns, name)
		if at < 0 || slices.Contains(l.columns, &l.schema.Columns[at]) {
			return &CellError{line, name, errors.New("the schema has no such column, or it stands there twice; " +
				"remove it, or list it in the schema as ignored")}
		}
		l.place(&l.schema.Columns[at])
	}
	for i := range l.schema.Columns {
		c := &l.schema.Columns[i]
		if c.Kind != Outcome && c.Kind != Ignored && !slices.Contains(l.columns, c) {
			return &CellError{line, c.Name, errors.New("the column is missing; add it, with empty cells where nothing is known")}
		}
	}
	return nil
}

func (l *loader) place(c *Column) {
	l.columns = append(l.columns, c)
	l.fields = append(l.fields, indexOf(l.program.fields, c.Name))
}

func (l *loader) row(line int, cells []string) error {
	if len(cells) != len(l.columns) {
		return &CellError{line, "", fmt.Errorf("%d cells, the file has %d columns; quote cells that hold the separator",
			len(cells), len(l.columns))}
	}
	for i, cell := range cells {
		if err := l.cell(l.columns[i], l.fields[i], strings.TrimSpace(cell)); err != nil {
			return &CellError{line, l.columns[i].Name, err}
		}
	}
	l.program.run(l.record)
	l.table.add(l.record)
	return nil
}

func (l *loader) cell(c *Column, field int, cell string) error {
	switch {
	case c.Kind == Ignored:
		return nil
	case c.Kind == Outcome:
		if cell != c.Bad && cell != c.Good {
			return fmt.Errorf("outcome %q is neither %q (bad) nor %q (good)", cell, c.Bad, c.Good)
		}
		l.table.bad = append(l.table.bad, cell == c.Bad)
		return nil
	case cell == "" || slices.Contains(l.schema.Missing, cell):
		l.record[field] = MissingValue()
		return nil
	case c.Kind == Number:
		number, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number; leave the cell empty where nothing is known", cell)
		}
		l.record[field] = NumberValue(number)
		return c.admitsNumber(number)
	}
	word, known := l.words[cell]
	if !known {
		word = strings.Clone(cell)
		l.words[word] = word
	}
	l.record[field] = WordValue(word)
	return c.admitsWord(word)
}
