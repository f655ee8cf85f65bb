package screening

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/calendar"
)

// mostEntries bounds a list; the longest public ones have some 20,000.
const mostEntries = 500_000

// Entry is one person or firm of a list.
type Entry struct {
	Number  string   `json:"number"` // the list's own
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	Born    string   `json:"born,omitempty"` // 1970-12-31, or a year alone
	Program string   `json:"program,omitempty"`
}

// ID is the digest of all that the list says: an entry that changes is another entry.
func (e Entry) ID() string {
	raw, _ := json.Marshal(e) // a struct of texts cannot fail to encode
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

var bornForm = regexp.MustCompile(`^\d{4}(-\d{2}-\d{2})?$`)

// knownColumns are the columns of a list that are read, and those that it must have.
var knownColumns = map[string]bool{"number": true, "name": true, "aliases": false, "born": false, "program": false}

// ReadList reads a list as CSV with a header: number and name, and where the list has them aliases
// (separated by semicolons), born and program. Columns of other names are passed over. A line that
// cannot be read refuses the list whole, because half a list would screen nobody rightly; the *ListError says where.
func ReadList(in io.Reader) ([]Entry, error) {
	l := listReader{csv: csv.NewReader(skipMark(in)), columns: map[string]int{}}
	if err := l.readHeader(); err != nil {
		return nil, err
	}
	if err := l.readEntries(); err != nil {
		return nil, err
	}
	if len(l.mistakes) > 0 {
		return nil, &ListError{l.mistakes}
	}
	return l.entries, nil
}

// listReader is a list that is being read. It goes on behind a mistake, to tell more than one at a time.
type listReader struct {
	csv      *csv.Reader
	columns  map[string]int // of the known names
	entries  []Entry
	seen     int // entries so far, those with mistakes too
	mistakes []Mistake
}

func (l *listReader) readHeader() error {
	header, err := l.csv.Read()
	if errors.Is(err, io.EOF) {
		return mistakeIn("header", 1, 0, "there is nothing: begin with a line of number,name")
	}
	if err != nil {
		return csvMistake("header", err)
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, read := knownColumns[name]; !read {
			continue
		}
		if _, twice := l.columns[name]; twice {
			line, column := l.csv.FieldPos(i)
			return mistakeIn("header."+name, line, column, "a column of this name was there before")
		}
		l.columns[name] = i
	}
	for _, name := range slices.Sorted(maps.Keys(knownColumns)) {
		if _, found := l.columns[name]; knownColumns[name] && !found {
			return mistakeIn("header."+name, 1, 0, "the header has no column of this name")
		}
	}
	return nil
}

func (l *listReader) readEntries() error {
	for ; len(l.mistakes) < mostMistakes; l.seen++ {
		fields, err := l.csv.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			err = csvMistake(fmt.Sprintf("entries[%d]", l.seen), err)
			var wrong *ListError
			if !errors.As(err, &wrong) {
				return err
			}
			l.mistakes = append(l.mistakes, wrong.Mistakes...)
			if fields != nil { // only their number is wrong: the next line can be read
				continue
			}
			return nil
		}
		if l.seen == mostEntries {
			line, _ := l.csv.FieldPos(0)
			return mistakeIn("entries", line, 0, fmt.Sprintf("more than %d entries", mostEntries))
		}
		l.readEntry(fields)
	}
	return nil
}

func (l *listReader) readEntry(fields []string) {
	field := func(name string) string {
		if i, found := l.columns[name]; found {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	e := Entry{Number: field("number"), Name: field("name"), Born: field("born"), Program: field("program")}
	for alias := range strings.SplitSeq(field("aliases"), ";") {
		if alias = strings.TrimSpace(alias); alias != "" {
			e.Aliases = append(e.Aliases, alias)
		}
	}
	before := len(l.mistakes)
	for _, name := range []string{"number", "name", "aliases", "born", "program"} {
		if text := field(name); !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			l.mistake(name, "not UTF-8: save the list in this encoding")
		}
	}
	if len(l.mistakes) > before {
		return
	}
	if e.Number == "" {
		l.mistake("number", "no number")
	}
	if len(ParseName(e.Name).readings) == 0 {
		l.mistake("name", "no name that can be compared")
	}
	if !isBorn(e.Born) {
		l.mistake("born", "neither a date such as 1970-12-31 nor a year")
	}
	if len(l.mistakes) == before {
		l.entries = append(l.entries, e)
	}
}

// isBorn accepts nothing, a year, and a day that a calendar has.
func isBorn(text string) bool {
	if !bornForm.MatchString(text) {
		return text == ""
	}
	if len(text) > len("1970") {
		_, err := calendar.Parse(text)
		return err == nil
	}
	return text >= "1000"
}

// mistake adds one to the field of the line that was read last.
func (l *listReader) mistake(name, reason string) {
	line, column := l.csv.FieldPos(l.columns[name])
	l.mistakes = append(l.mistakes, Mistake{fmt.Sprintf("entries[%d].%s", l.seen, name), line, column, reason})
}

// skipMark passes over the byte order mark that spreadsheets write.
func skipMark(in io.Reader) io.Reader {
	buffered := bufio.NewReader(in)
	if head, _ := buffered.Peek(3); slices.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3) // what was peeked can be discarded
	}
	return buffered
}

func digestOf(entries []Entry) string {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID()
	}
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(ids), "\n")))
	return hex.EncodeToString(sum[:])
}
