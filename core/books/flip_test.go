package books_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/books"
)

// changed is the history with one value replaced.
func changed(history []transaction, tx, write int, value []byte) []transaction {
	history = slices.Clone(history)
	writes := slices.Clone(history[tx].writes)
	writes[write].Value = value
	history[tx].writes = writes
	return history
}

// leaf is one text, number or truth of a JSON value, with its place in the text.
type leaf struct {
	path       string
	start, end int
}

// leavesOf lists the leaves of a JSON value in order; places in lists are left out of their paths.
func leavesOf(t testing.TB, raw []byte) []leaf {
	t.Helper()
	var list []leaf
	decoder := json.NewDecoder(bytes.NewReader(raw))
	var walk func(path string)
	walk = func(path string) {
		token, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		end := int(decoder.InputOffset())
		switch token {
		case json.Delim('{'):
			for decoder.More() {
				name, err := decoder.Token()
				if err != nil {
					t.Fatal(err)
				}
				walk(path + "." + name.(string))
			}
			_, err = decoder.Token()
		case json.Delim('['):
			for decoder.More() {
				walk(path)
			}
			_, err = decoder.Token()
		default:
			text, _ := json.Marshal(token)
			list = append(list, leaf{path, end - len(text), end})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	walk("")
	return list
}

// other is a leaf with another meaning, of the same form: an amount one more, a text with another last
// character, a date a day off, the opposite truth.
func other(text string) string {
	switch text {
	case "true":
		return "false"
	case "false":
		return "true"
	case `""`:
		return `"x"`
	}
	at := len(text) - 1
	if text[at] == '"' {
		at--
	}
	next := text[at] + 1
	if text[at] == '9' || text[at] == 'f' || text[at] == 'z' {
		next = text[at] - 1
	}
	return text[:at] + string(rune(next)) + text[at+1:]
}

// unseen lists what follows from nothing else on the ledger, by kind of key and path: salts that begin a
// value's life, and reasons, which are the members' own words. Everything else that changes is found.
var unseen = map[string]string{
	"funding/.salt":         "random",
	"project/.salt":         "random",
	"entry/.salt":           "random",
	"loan/.events.reason":   "a member's own code",
	"mandate/.events.loan":  "what the use was for is the instruction's to say",
	"party/.events.account": "kept by the custodian's attestation alone",
}

// A field of any kind of value, changed alone, is found at once or by the transactions that follow.
func TestEveryFieldCounts(t *testing.T) {
	l := written(t)
	seen := map[string]bool{}
	for tx := range l.history {
		for w, write := range l.history[tx].writes {
			prefix, _, _ := strings.Cut(write.Key, "/")
			for _, f := range leavesOf(t, write.Value) {
				name := prefix + "/" + f.path
				id := name + strings.Join(kindsIn(t, write.Value), ",")
				if seen[id] || unseen[name] != "" || f.path == ".salt" && lastVersion(l, tx, write) {
					continue
				}
				seen[id] = true
				old := string(write.Value[f.start:f.end])
				value := slices.Concat(write.Value[:f.start], []byte(other(old)), write.Value[f.end:])
				requireFinding(t, changed(l.history, tx, w, value), fmt.Sprintf("%s %s: %s made %s", l.history[tx].id, name, old, other(old)))
			}
		}
	}
	t.Logf("%d fields", len(seen))
	if len(seen) < 500 {
		t.Errorf("only %d fields were tried", len(seen))
	}
}

// lastVersion reports whether nothing follows on a value's salt, nor does its own follow from one before.
func lastVersion(l *ledger, tx int, write books.Write) bool {
	versions := 0
	for _, other := range l.history {
		for _, w := range other.writes {
			if w.Collection == write.Collection && w.Key == write.Key {
				versions++
			}
		}
	}
	return versions == 1
}

func kindsIn(t testing.TB, raw []byte) []string {
	t.Helper()
	var kinds []string
	for _, f := range leavesOf(t, raw) {
		if f.path == ".events.kind" {
			kinds = append(kinds, string(raw[f.start:f.end]))
		}
	}
	return kinds
}

func requireFinding(t testing.TB, history []transaction, what string) {
	t.Helper()
	_, err := audit(history)
	var finding *books.Finding
	if !errors.As(err, &finding) {
		t.Errorf("%s: nothing was found (%v)", what, err)
	}
}
