// Package fault is the closed list of reasons for which Tallystick refuses a command.
//
// A refusal is a value, not an accident: it has a code that never changes its meaning, a sentence
// that tells the caller what to do, and optionally the field and the position in the batch that it
// speaks of. It never carries an amount, a name, a key or any other private value, because peers log
// refusals and clients show them.
//
// The package never formats for one transport only: HTTP statuses and exit codes are maps over the
// same list, so that a code cannot be known to one door and unknown to another.
package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Fault is one refusal. Two faults are the same refusal when their codes are equal.
type Fault struct {
	Code  Code   `json:"code"`
	Field string `json:"field,omitempty"` // the path of the input that is at fault, never its value
	Item  int    `json:"item,omitempty"`  // position in the batch, from 1; 0 speaks of the whole request
}

// New refuses with a code alone.
func New(code Code) *Fault { return &Fault{Code: code} }

// In refuses with a code that speaks of one field of the input.
func In(code Code, field string) *Fault { return &Fault{Code: code, Field: field} }

// At returns a copy that speaks of the item at position i, counted from 0.
func (f *Fault) At(i int) *Fault {
	c := *f
	c.Item = i + 1
	return &c
}

// Error states the code, what it speaks of and the remedy.
func (f *Fault) Error() string {
	switch {
	case f.Field != "" && f.Item > 0:
		return fmt.Sprintf("%s (item %d, %s): %s", f.Code, f.Item, f.Field, f.Code.Remedy())
	case f.Field != "":
		return fmt.Sprintf("%s (%s): %s", f.Code, f.Field, f.Code.Remedy())
	case f.Item > 0:
		return fmt.Sprintf("%s (item %d): %s", f.Code, f.Item, f.Code.Remedy())
	}
	return fmt.Sprintf("%s: %s", f.Code, f.Code.Remedy())
}

// Is makes errors.Is compare refusals by code.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code
}

// Of finds the refusal inside an error. An error that is no refusal is nobody's fault but ours, so it
// answers Internal; nil answers nil.
func Of(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return New(Internal)
}

// Encode writes the refusal in the one form in which it travels through Fabric's error messages.
func (f *Fault) Encode() string {
	// A struct of two strings and an int cannot fail to encode.
	text, _ := json.Marshal(f)
	return string(text)
}

const (
	// longestMessage is how much of a message is searched, in bytes. A refusal takes some two hundred,
	// and what Fabric says around it less than that.
	longestMessage = 16 << 10
	// mostStarts is how many opening braces are tried. One is the rule; the others are for what stands
	// before the refusal.
	mostStarts = 8
)

// Decode finds an encoded refusal inside a longer message, as Fabric wraps what chaincode answers.
// It reports false when the text holds no refusal with a known code. Its work is bounded whatever the
// text, because a text may come from a peer that means harm: what lies behind the first 16 KB, or
// behind eight opening braces, is not looked at.
func Decode(message string) (*Fault, bool) {
	rest := message[:min(len(message), longestMessage)]
	for range mostStarts {
		start := strings.IndexByte(rest, '{')
		if start < 0 {
			return nil, false
		}
		var f Fault
		if json.NewDecoder(strings.NewReader(rest[start:])).Decode(&f) == nil && f.Code.Known() {
			return &f, true
		}
		rest = rest[start+1:]
	}
	return nil, false
}
