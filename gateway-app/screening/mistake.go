package screening

import (
	"encoding/csv"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
)

// mostMistakes bounds how many of a list are told at once.
const mostMistakes = 32

// Mistake is one place of a list that cannot be read. It quotes nothing of the list.
type Mistake struct {
	Field  string // header.number, or entries[2].born as other lists write it, from 0; entries[2] where the whole line is meant
	Line   int    // of the text, from 1
	Column int    // bytes from the line's beginning, from 1; 0 where the whole line is meant
	Reason string
}

// String says where and what.
func (m Mistake) String() string {
	if m.Column == 0 {
		return fmt.Sprintf("line %d: %s: %s", m.Line, m.Field, m.Reason)
	}
	return fmt.Sprintf("line %d, column %d: %s: %s", m.Line, m.Column, m.Field, m.Reason)
}

// ListError is a list that was refused, with its first mistakes in their order. There is at least one.
type ListError struct{ Mistakes []Mistake }

// Error tells the first mistake, and how many were told.
func (e *ListError) Error() string {
	text := "read a watch list: " + e.Mistakes[0].String()
	if more := len(e.Mistakes) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// Unwrap makes it a refusal of the first field.
func (e *ListError) Unwrap() error { return fault.In(fault.InvalidField, e.Mistakes[0].Field) }

// mistakeIn refuses a list for one place.
func mistakeIn(field string, line, column int, reason string) *ListError {
	return &ListError{[]Mistake{{field, line, column, reason}}}
}

// csvMistake says what the reader of CSV stumbled over.
func csvMistake(field string, err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("read a watch list: %w", err)
	}
	reason := "not CSV"
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return mistakeIn(field, parse.Line, 0, "another number of fields than the header")
	case errors.Is(err, csv.ErrQuote) && parse.Line > parse.StartLine:
		return mistakeIn(field, parse.StartLine, 0, "a quote of this line is not closed")
	case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
		reason = `a quote inside a field, or one that is not closed: write " inside one as ""`
	}
	return mistakeIn(field, parse.Line, parse.Column, reason)
}
