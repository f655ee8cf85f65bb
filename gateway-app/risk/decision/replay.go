package decision

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Kept is a decision with what it was made from: one line of a member's export.
type Kept struct {
	Inputs   Inputs   `json:"inputs"`
	Salt     string   `json:"salt"` // hexadecimal
	Decision Decision `json:"decision"`
}

// ParseKept reads one line of an export as strictly as ParseInputs.
func ParseKept(line []byte) (Kept, error) {
	var k Kept
	if err := readStrictly(line, &k); err != nil {
		return Kept{}, fmt.Errorf("read a kept decision: %w", err)
	}
	if err := k.Inputs.checkSpellings(); err != nil {
		return Kept{}, fmt.Errorf("read a kept decision: %w", err)
	}
	return k, nil
}

// Difference is the first thing in which a kept decision and the one computed again differ.
type Difference struct {
	Application string
	Field       string
	Kept        string
	Recomputed  string
}

// Error names the field, and both values.
func (d *Difference) Error() string {
	return fmt.Sprintf("decision on application %s: %s was kept as %s, and recomputes to %s", d.Application, d.Field, d.Kept, d.Recomputed)
}

// Replay computes a kept decision again with the engine of its models and rules, and compares field by field. The
// error is a *Difference where they differ.
func (e *Engine) Replay(kept Kept) (Decision, error) {
	salt, err := hex.DecodeString(kept.Salt)
	if err != nil {
		return Decision{}, fmt.Errorf("replay the decision on application %s: the salt is no hexadecimal", kept.Decision.Application)
	}
	again, err := e.Decide(kept.Inputs, salt)
	if err != nil {
		return Decision{}, fmt.Errorf("replay the decision on application %s: %w", kept.Decision.Application, err)
	}
	difference, err := firstDifference(kept.Decision, again)
	if err != nil {
		return Decision{}, err
	}
	if difference != nil {
		difference.Application = kept.Decision.Application
		return again, difference
	}
	return again, nil
}

func firstDifference(kept, again Decision) (*Difference, error) {
	was, err := leaves(kept)
	if err != nil {
		return nil, err
	}
	is, err := leaves(again)
	if err != nil {
		return nil, err
	}
	for i := range max(len(was), len(is)) {
		switch {
		case i >= len(was) || i < len(is) && was[i].path != is[i].path && !has(was, is[i].path):
			return &Difference{Field: is[i].path, Kept: nothing, Recomputed: is[i].value}, nil
		case i >= len(is) || was[i].path != is[i].path:
			return &Difference{Field: was[i].path, Kept: was[i].value, Recomputed: nothing}, nil
		case was[i] != is[i]:
			return &Difference{Field: was[i].path, Kept: was[i].value, Recomputed: is[i].value}, nil
		}
	}
	return nil, nil
}

// nothing stands for a field that one of the two has not.
const nothing = "nothing"

func has(leaves []leaf, path string) bool {
	return slices.ContainsFunc(leaves, func(l leaf) bool { return l.path == path })
}

// leaf is one value of a JSON document, and the way to it.
type leaf struct{ path, value string }

// leaves lists a decision's values in the order of its fields.
func leaves(d Decision) ([]leaf, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("take a decision apart: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	w := walker{decoder: decoder}
	if err := w.value(""); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("take a decision apart: %w", err)
	}
	return w.found, nil
}

type walker struct {
	decoder *json.Decoder
	found   []leaf
}

func (w *walker) value(path string) error {
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	open, nested := token.(json.Delim)
	if !nested {
		w.found = append(w.found, leaf{strings.TrimPrefix(path, "."), fmt.Sprintf("%v", token)})
		return nil
	}
	for i := 0; w.decoder.More(); i++ {
		inner := fmt.Sprintf("%s[%d]", path, i)
		if open == '{' {
			name, err := w.decoder.Token()
			if err != nil {
				return err
			}
			inner = fmt.Sprintf("%s.%v", path, name)
		}
		if err := w.value(inner); err != nil {
			return err
		}
	}
	_, err = w.decoder.Token()
	return err
}
