package report

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
)

// ErrDocument refuses a document that contradicts itself.
var ErrDocument = errors.New("not a document")

// Words are what something is called, for people.
type Words = regime.Words

// Document is a report before it has a format: what it is, facts that hold for all of it, tables and notes.
type Document struct {
	ID       string         // such as "lender-statement"
	Version  int            // of the report's shape and formulas, from 1
	Title    Words          // the report's name
	Currency money.Currency // of every amount
	AsOf     calendar.Date  // the day up to which it speaks; zero where none is meant
	Of       []string       // whom or what it is of, such as a platform or a loan; none where it is of all
	Asked    []string       // how it was asked for beyond that, such as "by-grade"; none where as usual
	By       string         // the member whose figures it tells; empty where that needs no saying
	Span     string         // the period that it is of, such as "2016-01"; empty where AsOf says it
	Facts    []Fact
	Tables   []Table
	Notes    []Words
}

// Fact is one value with its name.
type Fact struct {
	ID string
	Words
	Value Value
}

// Table is rows of values under named columns.
type Table struct {
	ID      string
	Title   Words
	Columns []Column
	Rows    [][]Value
	Total   []Value // a last row that adds the others up; empty where there is none
}

// Column is the name of a table's values and what they count.
type Column struct {
	ID string
	Words
	Kind  Kind
	Coded bool // its texts may have codes, which CSV holds in a column of their own
}

// Kind is what a column's values count.
type Kind string

// The kinds of columns.
const (
	KindText  Kind = "text"
	KindMinor Kind = "minor" // minor units of the document's currency
	KindCount Kind = "count"
	KindPPM   Kind = "ppm" // a share or a rate, in millionths
	KindDate  Kind = "date"
)

// mostTextBytes is what a cell of a spreadsheet holds, whatever the letters.
const mostTextBytes = 32_767

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// Validate finds what contradicts itself: a name twice, words in one language only, a row that is longer than its
// header, a value of another kind than its column's.
func (d Document) Validate() error {
	if !identifier.MatchString(d.ID) || d.Version < 1 || !d.Currency.Valid() || !told(d.Title) {
		return fmt.Errorf("%w: %q needs an id, a version, a currency and a title in both languages", ErrDocument, d.ID)
	}
	seen := map[string]bool{}
	for _, f := range d.Facts {
		if !identifier.MatchString(f.ID) || seen[f.ID] || !told(f.Words) {
			return fmt.Errorf("%w: fact %q of %s: twice, or without a name in both languages", ErrDocument, f.ID, d.ID)
		}
		seen[f.ID] = true
		if err := f.Value.validate(); err != nil {
			return fmt.Errorf("%w: fact %s of %s", err, f.ID, d.ID)
		}
	}
	clear(seen)
	for _, t := range d.Tables {
		if !identifier.MatchString(t.ID) || seen[t.ID] || !told(t.Title) {
			return fmt.Errorf("%w: table %q of %s: twice, or without a name in both languages", ErrDocument, t.ID, d.ID)
		}
		seen[t.ID] = true
		if err := t.validate(); err != nil {
			return fmt.Errorf("%w: table %s of %s", err, t.ID, d.ID)
		}
	}
	for _, n := range d.Notes {
		if !told(n) {
			return fmt.Errorf("%w: a note of %s in one language only", ErrDocument, d.ID)
		}
	}
	return nil
}

func told(w Words) bool {
	return w.EN != "" && w.ZH != "" && len(w.EN) <= mostTextBytes && len(w.ZH) <= mostTextBytes
}

func (t Table) validate() error {
	if len(t.Columns) == 0 {
		return fmt.Errorf("%w: no columns", ErrDocument)
	}
	seen := map[string]bool{}
	for _, c := range t.Columns {
		if !identifier.MatchString(c.ID) || seen[c.ID] || !told(c.Words) || !c.Kind.known() {
			return fmt.Errorf("%w: column %q: twice, of no kind, or without a name in both languages", ErrDocument, c.ID)
		}
		seen[c.ID] = true
	}
	for i, row := range t.Rows {
		if err := t.validateRow(row, false); err != nil {
			return fmt.Errorf("%w of row %d", err, i+1)
		}
	}
	if len(t.Total) > 0 {
		if err := t.validateRow(t.Total, true); err != nil {
			return fmt.Errorf("%w of the total", err)
		}
	}
	return nil
}

// validateRow checks a row against the columns. A total may begin with its name, whatever the first column counts.
func (t Table) validateRow(row []Value, total bool) error {
	if len(row) != len(t.Columns) {
		return fmt.Errorf("%w: %d values under %d columns", ErrDocument, len(row), len(t.Columns))
	}
	for i, v := range row {
		label := total && i == 0 && v.kind == KindText
		if v.kind != "" && v.kind != t.Columns[i].Kind && !label {
			return fmt.Errorf("%w: a value of kind %s in column %s", ErrDocument, v.kind, t.Columns[i].ID)
		}
		if v.code != "" && !t.Columns[i].Coded {
			return fmt.Errorf("%w: a code in column %s, which has none", ErrDocument, t.Columns[i].ID)
		}
		if err := v.validate(); err != nil {
			return fmt.Errorf("%w in column %s", err, t.Columns[i].ID)
		}
	}
	return nil
}

func (k Kind) known() bool {
	switch k {
	case KindText, KindMinor, KindCount, KindPPM, KindDate:
		return true
	}
	return false
}
