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
	"regexp"
	"slices"
	"strings"
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

// ReadList reads a list as CSV with a header: number and name, and where the list has them aliases
// (separated by semicolons), born and program. Columns of other names are passed over. A line that
// cannot be read refuses the list whole, because half a list would screen nobody rightly.
func ReadList(in io.Reader) ([]Entry, error) {
	reader := csv.NewReader(skipMark(in))
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("read the header of a watch list: %w", err)
	}
	columns := map[string]int{}
	for i, name := range header {
		columns[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, needed := range []string{"number", "name"} {
		if _, found := columns[needed]; !found {
			return nil, fmt.Errorf("read a watch list: its header has no column %q", needed)
		}
	}
	return readEntries(reader, columns)
}

func readEntries(reader *csv.Reader, columns map[string]int) ([]Entry, error) {
	var entries []Entry
	for {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read a watch list: %w", err)
		}
		entry, err := readEntry(fields, columns)
		if err != nil {
			line, _ := reader.FieldPos(0)
			return nil, fmt.Errorf("read a watch list, line %d: %w", line, err)
		}
		if entries = append(entries, entry); len(entries) > mostEntries {
			return nil, fmt.Errorf("read a watch list: more than %d entries", mostEntries)
		}
	}
}

func readEntry(fields []string, columns map[string]int) (Entry, error) {
	field := func(name string) string {
		if i, found := columns[name]; found {
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
	switch {
	case e.Number == "":
		return Entry{}, errors.New("no number")
	case len(ParseName(e.Name).readings) == 0:
		return Entry{}, errors.New("no name that can be compared")
	case e.Born != "" && !bornForm.MatchString(e.Born):
		return Entry{}, errors.New("born is neither a date such as 1970-12-31 nor a year")
	}
	return e, nil
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
