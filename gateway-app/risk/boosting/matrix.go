package boosting

import (
	"errors"
	"fmt"
	"math"
)

// Matrix is what trees are grown on: columns of numbers, all of one length. NaN is a missing value.
type Matrix struct {
	Names   []string    // of the columns: not empty, no two equal
	Columns [][]float64 // by column, then by row
	// Monotone says how the margin of being bad may follow a column: 1 never falls as the value rises, -1
	// never rises, 0 as it likes. Nil: every column as it likes.
	Monotone []int
}

// directions returns a direction for each column.
func (m Matrix) directions() []int {
	if m.Monotone == nil {
		return make([]int, len(m.Columns))
	}
	return m.Monotone
}

// check refuses a matrix that cannot be trained on.
func (m Matrix) check(bad []bool, rows []int) error {
	if err := checkColumns(m.Names, m.directions(), len(m.Columns)); err != nil {
		return err
	}
	for c, column := range m.Columns {
		if len(column) != len(bad) {
			return fmt.Errorf("column %q has %d values for %d outcomes", m.Names[c], len(column), len(bad))
		}
	}
	if len(rows) > mostRows {
		return fmt.Errorf("%d rows are more than %d: train on a sample", len(rows), mostRows)
	}
	seen := make([]bool, len(bad))
	for _, row := range rows {
		switch {
		case row < 0 || row >= len(bad):
			return fmt.Errorf("row %d is not among the %d of the matrix", row, len(bad))
		case seen[row]:
			return fmt.Errorf("row %d is named twice", row)
		}
		seen[row] = true
		for c, column := range m.Columns {
			if math.IsInf(column[row], 0) {
				return fmt.Errorf("column %q is infinite in row %d: a value is finite or missing", m.Names[c], row)
			}
		}
	}
	return nil
}

// checkColumns refuses columns that nobody can tell apart, or with an unknown direction.
func checkColumns(names []string, directions []int, columns int) error {
	switch {
	case columns == 0:
		return errors.New("there are no columns")
	case len(names) != columns:
		return fmt.Errorf("there are %d names for %d columns", len(names), columns)
	case len(directions) != columns:
		return fmt.Errorf("there are %d monotone directions for %d columns", len(directions), columns)
	}
	seen := map[string]bool{}
	for c, name := range names {
		switch {
		case name == "":
			return fmt.Errorf("column %d has no name", c)
		case seen[name]:
			return fmt.Errorf("two columns are named %q", name)
		case directions[c] < -1 || directions[c] > 1:
			return fmt.Errorf("column %q: the monotone direction %d is none of -1, 0, 1", name, directions[c])
		}
		seen[name] = true
	}
	return nil
}
