package store

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tallystick/tallystick/gateway-app/store/migrations"
)

// Class grades the data of a column. The classes are ordered: the higher, the fewer may see it.
type Class int

// The data classes. What each means, and which role sees which, is written in docs/data-classes.md.
const (
	Public    Class = iota + 1 // on the public ledger anyway
	Internal                   // the member's staff and its processes
	Secret                     // about a customer's business: amounts, terms, pseudonyms
	TopSecret                  // about a person, or a key: stored encrypted only
)

var classNames = map[string]Class{"public": Public, "internal": Internal, "secret": Secret, "top secret": TopSecret}

// String is the class as migrations write it.
func (c Class) String() string {
	for name, class := range classNames {
		if class == c {
			return name
		}
	}
	return fmt.Sprintf("class %d", int(c))
}

// Classes says of every table which class each column has, as the migrations declare it. The map is the
// caller's own. It is empty when the migrations cannot be read, with which no database opens.
func Classes() map[string]map[string]Class {
	declared, err := classes()
	if err != nil {
		return nil
	}
	copied := map[string]map[string]Class{}
	for table, columns := range declared {
		copied[table] = maps.Clone(columns)
	}
	return copied
}

var classes = sync.OnceValues(func() (map[string]map[string]Class, error) { return readClasses(migrations.Files) })

// readClasses folds the migrations, in their order, into the classes of the columns that are left.
func readClasses(files fs.FS) (map[string]map[string]Class, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	r := classReader{tables: map[string]map[string]Class{}}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		r.table = ""
		number := 0
		for line := range strings.Lines(up) {
			number++
			if err := r.line(strings.TrimSpace(line)); err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", name, number, err)
			}
		}
	}
	r.tables[versionTable] = map[string]Class{"id": Internal, "version_id": Internal, "is_applied": Internal, "tstamp": Internal}
	return r.tables, nil
}

var (
	createTable = regexp.MustCompile(`(?i)^CREATE TABLE (?:IF NOT EXISTS )?(\w+)\s*\($`)
	anyCreate   = regexp.MustCompile(`(?i)^CREATE\s+(?:TEMP\w*\s+|UNLOGGED\s+)?(?:TABLE|VIEW|MATERIALIZED)\b`)
	dropTable   = regexp.MustCompile(`(?i)^DROP TABLE (?:IF EXISTS )?(\w+)\s*;`)
	addColumn   = regexp.MustCompile(`(?i)^ALTER TABLE (\w+) ADD COLUMN (\w+)\b`)
	otherAlter  = regexp.MustCompile(`(?i)^ALTER TABLE\b.*\b(?:RENAME|DROP COLUMN|ADD)\b`)
	constraint  = regexp.MustCompile(`(?i)^(?:PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK|CONSTRAINT)\b`)
	columnName  = regexp.MustCompile(`^(\w+)\s`)
	classAtEnd  = regexp.MustCompile(`-- (public|internal|secret|top secret)(?:\s*:.*)?$`)
)

// classReader reads migrations line by line. It understands the form that the package's comment
// describes and refuses what it would misread.
type classReader struct {
	tables map[string]map[string]Class
	table  string // inside the parentheses of this one's CREATE TABLE
}

func (r *classReader) line(line string) error {
	if r.table != "" {
		return r.inside(line)
	}
	if m := createTable.FindStringSubmatch(line); m != nil {
		r.table = strings.ToLower(m[1])
		if r.tables[r.table] == nil {
			r.tables[r.table] = map[string]Class{}
		}
		return nil
	}
	if m := dropTable.FindStringSubmatch(line); m != nil {
		delete(r.tables, strings.ToLower(m[1]))
		return nil
	}
	if m := addColumn.FindStringSubmatch(line); m != nil {
		return r.column(strings.ToLower(m[1]), m[2], line)
	}
	if anyCreate.MatchString(line) || otherAlter.MatchString(line) {
		return fmt.Errorf("%q is not read: write CREATE TABLE name ( with one column a line, or ALTER TABLE name ADD COLUMN", line)
	}
	return nil
}

func (r *classReader) inside(line string) error {
	switch {
	case strings.HasPrefix(line, ")"):
		r.table = ""
		return nil
	case line == "" || strings.HasPrefix(line, "--") || constraint.MatchString(line):
		return nil
	}
	m := columnName.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("%q begins no column: write one column or one constraint a line", line)
	}
	return r.column(r.table, m[1], line)
}

func (r *classReader) column(table, column, line string) error {
	m := classAtEnd.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("column %s.%s has no data class: end its line with -- public, -- internal, -- secret or -- top secret", table, column)
	}
	if r.tables[table] == nil {
		return fmt.Errorf("column %s.%s is added to a table that no earlier migration creates", table, column)
	}
	r.tables[table][strings.ToLower(column)] = classNames[m[1]]
	return nil
}

// Column is one column of a database as it is.
type Column struct{ Table, Name string }

// compareColumns orders columns by table and name.
func compareColumns(a, b Column) int {
	return cmp.Or(strings.Compare(a.Table, b.Table), strings.Compare(a.Name, b.Name))
}
