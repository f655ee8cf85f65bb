package submission

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/loan"
)

// csvLines reads a book in CSV, whose columns may come in any order.
type csvLines struct {
	bounded *boundedLines
	buffer  *bufio.Reader // that the reader reads from
	reader  *csv.Reader
	places  map[string]int // of the columns; nil before the head was read
	last    int            // the line that was read last, as the reader counts, which knows nothing of skipped ones
	skipped int            // empty lines
}

func newCSVLines(content io.Reader) *csvLines {
	bounded := &boundedLines{from: coming{from: content}}
	bounded.begin()
	buffered := bufio.NewReaderSize(bounded, ReadAhead)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(len(mark)) // they were there a moment ago
	}
	reader := csv.NewReader(buffered)
	reader.ReuseRecord = true
	return &csvLines{bounded: bounded, buffer: buffered, reader: reader}
}

// read reads the next line that is not empty. The reader would skip empty lines too, and then not tell where one began
// that it could not read to its end.
func (c *csvLines) read() ([]string, error) {
	c.bounded.begin()
	for {
		next, _ := c.buffer.Peek(2)
		end := 0
		switch {
		case bytes.HasPrefix(next, []byte("\n")):
			end = 1
		case bytes.Equal(next, []byte("\r\n")):
			end = 2
		}
		if end == 0 {
			break
		}
		_, _ = c.buffer.Discard(end) // they were there a moment ago
		c.skipped++
	}
	texts, err := c.reader.Read()
	if err == nil {
		c.last, _ = c.reader.FieldPos(0)
	}
	return texts, err
}

// pos is the line, as the file shows it, and the column of a field of the line that was read last.
func (c *csvLines) pos(field int) (line, column int) {
	line, column = c.reader.FieldPos(field)
	return line + c.skipped, column
}

// next reads a line.
func (c *csvLines) next() (Row, error) {
	if c.places == nil {
		if err := c.head(); err != nil {
			return Row{}, err
		}
	}
	texts, err := c.read()
	if err != nil {
		return Row{}, c.refused(err, "write as many fields as the head has, and quote a field whole or not at all")
	}
	at, _ := c.pos(0)
	line, invalid := lineOf(func(column string) string { return texts[c.places[column]] })
	if invalid != nil {
		return Row{}, c.place(invalid)
	}
	return Row{line, int64(at)}, nil
}

// head reads the names of the columns.
func (c *csvLines) head() error {
	columns := "begin with a head of the columns " + strings.Join(lineColumns, ",") + ", each once, in any order"
	head, err := c.read()
	if errors.Is(err, io.EOF) {
		return malformed(columns).line(1, 0)
	}
	if err != nil {
		return c.refused(err, columns)
	}
	places := map[string]int{}
	for i, column := range head {
		_, twice := places[column]
		if twice || !slices.Contains(lineColumns, column) {
			return malformed(columns).line(c.pos(i))
		}
		places[column] = i
	}
	if len(places) != len(lineColumns) {
		return malformed(columns).line(1, 0)
	}
	c.places = places
	return nil
}

// place names the line that was read last, and the column of the field.
func (c *csvLines) place(e *FormError) *FormError {
	i, isColumn := c.places[e.Field]
	line, column := c.pos(i)
	if !isColumn {
		column = 0
	}
	return e.line(line, column)
}

// refused names the place of what could not be read. Of a line that goes on beyond where it should end, by a quote that
// nobody closes, it is where the line began: there the quote was opened.
func (c *csvLines) refused(err error, remedy string) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	form, failed := c.bounded.refused(remedy)
	var parse *csv.ParseError
	switch {
	case form == nil:
		return failed
	case !errors.As(err, &parse):
		return form.line(c.last+1+c.skipped, 0) // a line before that was good has no line break in it
	case parse.StartLine != parse.Line:
		return form.line(parse.StartLine+c.skipped, 0)
	}
	return form.line(parse.Line+c.skipped, parse.Column)
}

// lineOf reads a line from its texts.
func lineOf(text func(column string) string) (Line, *FormError) {
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
			return l, invalid(number.column, "write a whole number in digits, without point, comma or blank")
		}
		*number.into = n
	}
	return l, nil
}
