package fakeledger

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Scan looks for a byte string in everything that every member and every orderer sees of every
// block: arguments, public keys and values, keys that were read, ranges, policies, events, answers.
// It finds the string as it is, in hexadecimal and in base64, and names each place. Hashes of
// private keys and values are not searched.
func (l *Ledger) Scan(needle []byte) []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(needle) == 0 {
		return nil
	}
	forms := disguises(needle)
	var found []string
	for _, block := range l.blocks {
		for _, entry := range block.Entries {
			for _, p := range entry.Transaction.publicParts() {
				for _, form := range forms {
					if form.in(p.content) {
						found = append(found, fmt.Sprintf("block %d, transaction %s (%s): %s, %s",
							block.Number, entry.TxID, entry.Function(), p.name, form.name))
					}
				}
			}
		}
	}
	return found
}

type part struct {
	name    string
	content []byte
}

func (t *Transaction) publicParts() []part {
	parts := []part{
		{"transaction id", []byte(t.TxID)},
		{"creator", t.Creator.serialized},
		{"response message", []byte(t.Response.GetMessage())},
		{"response payload", t.Response.GetPayload()},
		{"event name", []byte(t.Event.GetEventName())},
		{"event payload", t.Event.GetPayload()},
	}
	for i, argument := range t.Arguments {
		parts = append(parts, part{fmt.Sprintf("argument %d", i), []byte(argument)})
	}
	for _, w := range t.Writes() {
		parts = append(parts, part{"written key", []byte(w.Key)}, part{"written value", w.Value})
	}
	for _, w := range t.Policies() {
		parts = append(parts, part{"key of a policy", []byte(w.Key)}, part{"policy", w.Policy})
	}
	for _, key := range t.Reads() {
		parts = append(parts, part{"read key", []byte(key)})
	}
	for _, query := range t.set.ranges {
		parts = append(parts, part{"start of a range", []byte(query.start)}, part{"end of a range", []byte(query.end)})
		for _, read := range query.results {
			parts = append(parts, part{"key read in a range", []byte(read.GetKey())})
		}
	}
	return parts
}

// form is one way in which bytes may be written down.
type form struct {
	name   string
	text   []byte
	folded bool // letter case does not matter
}

func (f form) in(content []byte) bool {
	if f.folded {
		content = bytes.ToLower(content)
	}
	return bytes.Contains(content, f.text)
}

// disguises lists the forms that are worth searching. Base64 has three for every string, after where
// it begins within a group of three bytes; the characters that neighbours would change are left out.
func disguises(needle []byte) []form {
	const (
		shortestHex    = 3 // shorter ones are found by chance in any digest
		shortestBase64 = 6
	)
	forms := []form{{name: "as it is", text: needle}}
	if len(needle) >= shortestHex {
		forms = append(forms, form{name: "in hexadecimal", text: []byte(hex.EncodeToString(needle)), folded: true})
	}
	if len(needle) < shortestBase64 {
		return forms
	}
	for shift := range 3 {
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), needle...))
		from := (shift*8 + 5) / 6
		to := (shift + len(needle)) * 8 / 6
		core := text[from:to]
		forms = append(forms, form{name: "in base64", text: []byte(core)})
		if url := strings.NewReplacer("+", "-", "/", "_").Replace(core); url != core {
			forms = append(forms, form{name: "in base64 for addresses", text: []byte(url)})
		}
	}
	return forms
}
