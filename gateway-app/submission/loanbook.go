package submission

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// Line is what a platform's own book says of one loan at the close of a business day. A book has every loan that was
// ever disbursed.
type Line struct {
	Loan             string      `json:"loan"` // its full id
	Status           loan.Status `json:"status"`
	PrincipalMinor   money.Minor `json:"principal_minor"`
	OutstandingMinor money.Minor `json:"outstanding_minor"` // of the principal
	OverdueDays      int64       `json:"overdue_days"`      // by the oldest row that is not paid
}

// The head of a book in CSV.
var lineColumns = []string{"loan", "status", "principal_minor", "outstanding_minor", "overdue_days"}

const (
	// LongestContent is the longest content of a statement: some 150,000 lines of a loan book.
	LongestContent = 16 << 20
	mostLines      = 200_000
	longestID      = 200
	mostMinor      = 1 << 40 // of one loan: so that no book's total is beyond 64 bits
)

// check names the field of a line that cannot be one.
func (l Line) check() error {
	_, _, _, named := wire.SplitLoanID(l.Loan)
	switch {
	case !named || len(l.Loan) > longestID:
		return fault.In(fault.InvalidField, "loan")
	case !slices.Contains(loan.Statuses(), l.Status):
		return fault.In(fault.InvalidField, "status")
	case l.PrincipalMinor < 0 || l.PrincipalMinor > mostMinor:
		return fault.In(fault.InvalidField, "principal_minor")
	case l.OutstandingMinor < 0 || l.OutstandingMinor > l.PrincipalMinor:
		return fault.In(fault.InvalidField, "outstanding_minor")
	case l.OverdueDays < 0:
		return fault.In(fault.InvalidField, "overdue_days")
	}
	return nil
}

// Lines reads a book line by line: a JSON list of lines, or CSV under the columns' names. What cannot be read is a
// *fault.Fault that names field and line, after which nothing follows.
func Lines(mediaType string, content []byte) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		next := csvLines(content)
		if mediaType == JSON {
			next = jsonLines(content)
		}
		for n := 1; ; n++ {
			line, err := next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				err = line.check()
			}
			if err == nil && n > mostLines {
				err = fault.New(fault.BatchTooLarge)
			}
			if err != nil {
				err = atLine(err, n)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// atLine is a refusal with the line that it is of.
func atLine(err error, n int) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		f = fault.In(fault.MalformedRequest, "content")
	}
	return f.At(n - 1)
}

// csvLines reads a book in CSV, whose columns may come in any order.
func csvLines(content []byte) func() (Line, error) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))))
	reader.ReuseRecord = true
	places := map[string]int{}
	return func() (Line, error) {
		if len(places) == 0 {
			head, err := reader.Read()
			if err != nil {
				return Line{}, fault.In(fault.MalformedRequest, "content")
			}
			for i, column := range head {
				if slices.Contains(lineColumns, column) {
					places[column] = i
				}
			}
			if len(head) != len(lineColumns) || len(places) != len(lineColumns) {
				places = map[string]int{}
				return Line{}, fault.In(fault.MalformedRequest, "content")
			}
		}
		row, err := reader.Read()
		if err != nil {
			return Line{}, err
		}
		return lineOf(func(column string) string { return row[places[column]] })
	}
}

// lineOf reads a line from its texts.
func lineOf(text func(column string) string) (Line, error) {
	l := Line{Loan: text("loan"), Status: loan.Status(text("status"))}
	for _, number := range []struct {
		column string
		into   *int64
	}{
		{"principal_minor", (*int64)(&l.PrincipalMinor)},
		{"outstanding_minor", (*int64)(&l.OutstandingMinor)},
		{"overdue_days", &l.OverdueDays},
	} {
		n, err := strconv.ParseInt(text(number.column), 10, 64)
		if err != nil {
			return l, fault.In(fault.InvalidField, number.column)
		}
		*number.into = n
	}
	return l, nil
}

// jsonLines reads a JSON list, one line at a time.
func jsonLines(content []byte) func() (Line, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	begun := false
	return func() (Line, error) {
		if !begun {
			begun = true
			if start, err := decoder.Token(); err != nil || start != json.Delim('[') {
				return Line{}, fault.In(fault.MalformedRequest, "content")
			}
		}
		if decoder.More() {
			var l Line
			if err := decoder.Decode(&l); err != nil {
				return l, jsonFault(err)
			}
			return l, nil
		}
		if end, err := decoder.Token(); err != nil || end != json.Delim(']') {
			return Line{}, fault.In(fault.MalformedRequest, "content")
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return Line{}, fault.In(fault.MalformedRequest, "content")
		}
		return Line{}, io.EOF
	}
}

// jsonFault names the field that could not be read, where the decoder knows it.
func jsonFault(err error) error {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) && slices.Contains(lineColumns, typed.Field) {
		return fault.In(fault.InvalidField, typed.Field)
	}
	return fault.In(fault.MalformedRequest, "content")
}
