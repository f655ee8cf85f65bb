package books_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
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

// unseen lists what follows from nothing else on the ledger, by kind of key and path, beside the salt of a
// value of which there is one version only. Everything else that changes is found.
var unseen = map[string]string{
	"loan/.events.reason": "a member's own code, which decides nothing",
}

// isUnseen reports whether a field is one of those. Why a disbursement came back, its instruction says too.
func isUnseen(t testing.TB, name string, write books.Write) bool {
	t.Helper()
	return unseen[name] != "" && !slices.Contains(kindsIn(t, write.Value), `"return"`)
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
				if seen[id] {
					continue
				}
				old := string(write.Value[f.start:f.end])
				value := slices.Concat(write.Value[:f.start], []byte(other(old)), write.Value[f.end:])
				_, err := audit(changed(l.history, tx, w, value))
				if f.path == ".salt" && onlyVersion(l, write) && err == nil {
					continue
				}
				seen[id] = true
				if allowed := isUnseen(t, name, write); (err == nil) != allowed {
					t.Errorf("%s %s: %s made %s: %v", l.history[tx].id, name, old, other(old), err)
				}
			}
		}
	}
	t.Logf("%d fields", len(seen))
	for _, name := range slices.Sorted(maps.Keys(unseen)) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(id string) bool { return strings.HasPrefix(id, name) }) {
			t.Errorf("%s was never tried", name)
		}
	}
	if len(seen) < 500 {
		t.Errorf("only %d fields were tried", len(seen))
	}
}

// onlyVersion reports whether nothing follows on a value's salt, nor does its own follow from one before.
func onlyVersion(l *ledger, write books.Write) bool {
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

// A byte of any value, changed in any bit, leaves what nobody repeats, or is found.
func TestFlippedBytesAreFound(t *testing.T) {
	l := written(t)
	tried := 0
	for tx := range l.history {
		for w, write := range l.history[tx].writes {
			for at := (tx*7 + w) % stride; at < len(write.Value); at += stride {
				requireFlipFound(t, l, tx, w, at, uint(at%8))
				tried++
			}
		}
	}
	t.Logf("%d bytes of %d transactions", tried, len(l.history))
}

// stride is how many bytes lie between two that are flipped: coprime to what repeats in the text. The fuzz
// target tries those between.
const stride = 97

func requireFlipFound(t testing.TB, l *ledger, tx, w, at int, bit uint) {
	t.Helper()
	write := l.history[tx].writes[w]
	value := bytes.Clone(write.Value)
	value[at] ^= 1 << bit
	_, err := audit(changed(l.history, tx, w, value))
	var finding *books.Finding
	if errors.As(err, &finding) || mayVary(t, l, write, at) {
		return
	}
	t.Errorf("%s %s, byte %d: %q made %q: nothing was found (%v)",
		l.history[tx].id, write.Key, at, write.Value[max(0, at-30):at+1], value[at], err)
}

// mayVary reports whether a byte belongs to a field that follows from nothing else.
func mayVary(t testing.TB, l *ledger, write books.Write, at int) bool {
	t.Helper()
	prefix, _, _ := strings.Cut(write.Key, "/")
	for _, f := range leavesOf(t, write.Value) {
		if at >= f.start && at < f.end {
			return isUnseen(t, prefix+"/"+f.path, write) || f.path == ".salt" && onlyVersion(l, write)
		}
	}
	return false
}

func FuzzFlippedByte(f *testing.F) {
	l := written(f)
	f.Add(uint(3), uint(0), uint(40), uint(0))
	f.Add(uint(40), uint(1), uint(200), uint(5))
	f.Fuzz(func(t *testing.T, tx, w, at, bit uint) {
		i := int(tx % uint(len(l.history)))
		j := int(w % uint(len(l.history[i].writes)))
		requireFlipFound(t, l, i, j, int(at%uint(len(l.history[i].writes[j].Value))), bit%8)
	})
}
