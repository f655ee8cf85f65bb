package submission

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
)

// checkFields refuses an item of a loan book that has not every field once, by its very name, and no other. A decoder
// alone takes the last of two, and one that is written in capitals.
func checkFields(item []byte) *FormError {
	seen := make([]bool, len(lineColumns))
	fields := fieldsOf{item: item}
	if !fields.opened() {
		return malformed(howJSON)
	}
	for {
		name, value, more := fields.next()
		if !more {
			break
		}
		at := slices.Index(lineColumns, name)
		switch {
		case at < 0:
			return malformed(howJSON)
		case seen[at]:
			return invalid(name, "state each field of an item once: this one is there twice")
		case bytes.HasPrefix(value, []byte("null")):
			return invalid(name, "state a value: null is none")
		}
		seen[at] = true
	}
	if at := slices.Index(seen, false); at >= 0 {
		return &FormError{Fault: fault.In(fault.MissingField, lineColumns[at]), Remedy: howJSON}
	}
	return nil
}

// fieldsOf walks the fields of an object that is known to be well-formed JSON.
type fieldsOf struct {
	item []byte
	at   int
}

// opened steps into the object; false where the item is none.
func (f *fieldsOf) opened() bool {
	f.blanks()
	if f.at == len(f.item) || f.item[f.at] != '{' {
		return false
	}
	f.at++
	return true
}

// next is the name of the next field, and all that is left from its value on.
func (f *fieldsOf) next() (name string, value []byte, more bool) {
	for f.blanks(); f.at < len(f.item) && f.item[f.at] == ','; f.blanks() {
		f.at++
	}
	if f.at == len(f.item) || f.item[f.at] != '"' {
		return "", nil, false
	}
	from := f.at
	f.text()
	if json.Unmarshal(f.item[from:f.at], &name) != nil {
		return "", nil, false
	}
	f.blanks()
	f.at++ // the colon
	f.blanks()
	value = f.item[f.at:]
	f.value()
	return name, value, true
}

// value steps over a value, to the comma or the brace behind it.
func (f *fieldsOf) value() {
	for depth := 0; f.at < len(f.item); f.at++ {
		switch f.item[f.at] {
		case '"':
			f.text()
			f.at-- // the loop steps over its last quote
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return
			}
			depth--
		case ',':
			if depth == 0 {
				return
			}
		}
	}
}

// text steps over a text, from its first quote.
func (f *fieldsOf) text() {
	for f.at++; f.at < len(f.item); f.at++ {
		switch f.item[f.at] {
		case '\\':
			f.at++
		case '"':
			f.at++
			return
		}
	}
}

func (f *fieldsOf) blanks() {
	for f.at < len(f.item) && bytes.IndexByte([]byte(" \t\r\n"), f.item[f.at]) >= 0 {
		f.at++
	}
}
