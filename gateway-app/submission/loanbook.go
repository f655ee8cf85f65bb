package submission

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

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

// Row is a line of a book in its place: in CSV the line as the file shows it, whose head is line 1, in JSON the item
// from 1.
type Row struct {
	Line
	At int64
}

// The head of a book in CSV.
var lineColumns = []string{"loan", "status", "principal_minor", "outstanding_minor", "overdue_days"}

const (
	mostLines      = 2_000_000
	longestID      = 200
	longestLine    = 16 << 10
	mostMinor      = 1 << 40   // of one loan: so that no book's total is beyond 64 bits
	longestOverdue = 1_000_000 // that a loan is overdue
)

// check refuses a line that cannot be one, by its field.
func (l Line) check(platform string) *FormError {
	_, of, _, named := wire.SplitLoanID(l.Loan)
	switch {
	case !named || len(l.Loan) > longestID:
		return invalid("loan", "name the loan by its full id: channel, platform and 32 hexadecimal digits, with points between")
	case platform != "" && of != platform:
		return invalid("loan", "state the platform's own loans: this id names another platform")
	case !slices.Contains(statuses, l.Status):
		return invalid("status", "use a status of a loan: "+statusList())
	case l.PrincipalMinor < 0 || l.PrincipalMinor > mostMinor:
		return invalid("principal_minor", "state whole minor units from 0 to "+strconv.Itoa(mostMinor))
	case l.OutstandingMinor < 0 || l.OutstandingMinor > l.PrincipalMinor:
		return invalid("outstanding_minor", "state whole minor units from 0 to the principal")
	case l.OverdueDays < 0 || l.OverdueDays > longestOverdue:
		return invalid("overdue_days", "state whole days from 0 to "+strconv.Itoa(longestOverdue))
	}
	return nil
}

// statuses are those that a loan can have: a loan without one was never proposed.
var statuses = slices.DeleteFunc(loan.Statuses(), func(s loan.Status) bool { return s == loan.None })

func statusList() string {
	names := make([]string, len(statuses))
	for i, s := range statuses {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// lineReader reads a book line by line. A refusal says where it is.
type lineReader interface {
	next() (Row, error)
	place(e *FormError) *FormError // of the line that was read last
}

func newLineReader(mediaType string, content io.Reader) lineReader {
	if mediaType == JSON {
		return newJSONLines(content)
	}
	return newCSVLines(content)
}

// Lines reads a book line by line: a JSON list of lines, or CSV under the columns' names. It holds one line at a time. What
// cannot be read is a *FormError that names the field and the place, after which nothing follows.
func Lines(mediaType string, content io.Reader) iter.Seq2[Row, error] {
	return linesOf(mediaType, "", content)
}

// linesOf wants every line to be of a platform, where one is named.
func linesOf(mediaType, platform string, content io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		from := newLineReader(mediaType, content)
		for n := int64(1); ; n++ {
			row, err := from.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				err = checkRow(row, platform, n, from)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// checkRow refuses the n-th line of a book.
func checkRow(row Row, platform string, n int64, from lineReader) error {
	refused := row.check(platform)
	if n > mostLines {
		refused = tooLong(mostLines, "lines")
	}
	if refused == nil {
		return nil
	}
	return from.place(refused)
}

// boundedLines lets who reads line by line read no more at a time than a line may have: a line without an end is not
// gathered up. It remembers why what it reads from ended early: that is no fault of the text.
type boundedLines struct {
	from   coming
	left   int
	passed bool // a line had no end
}

// ReadAhead is how far Lines reads ahead of the line that it answers, at most, in bytes.
const ReadAhead = 4 << 10

var errLongLine = errors.New("the line is too long")

// begin gives room for another line.
func (b *boundedLines) begin() { b.left = longestLine }

// Read reads a part of a line.
func (b *boundedLines) Read(into []byte) (int, error) {
	if b.left <= 0 {
		b.passed = true
		return 0, errLongLine
	}
	n, err := b.from.Read(into[:min(len(into), ReadAhead, b.left)])
	b.left -= n
	return n, err
}

// refused is what a failure to read a line means: the text is at fault, or what it was read from.
func (b *boundedLines) refused(remedy string) (*FormError, error) {
	switch {
	case b.from.failed != nil:
		return nil, fmt.Errorf("read a loan book: %w", b.from.failed)
	case b.passed:
		return tooLong(longestLine, "bytes in a line"), nil
	}
	return malformed(remedy), nil
}
