package books

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/core/wire"
)

// read decodes a value and refuses a text that is not the one form in which the ledger keeps it.
func read[T any](raw []byte) (T, error) {
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, fmt.Errorf("the value cannot be read: %w", err)
	}
	return value, formed(value, raw)
}

func formed(value any, raw []byte) error {
	text, err := wire.Encode(value)
	if err != nil {
		return fmt.Errorf("write the value anew: %w", err)
	}
	if !bytes.Equal(text, raw) {
		return fmt.Errorf("the value is not in the form that the ledger keeps")
	}
	return nil
}

// once keeps a value that is written one time only.
func once[T any](kept map[string]T, id string, w Write) (T, error) {
	value, err := read[T](w.Value)
	if err != nil {
		return value, err
	}
	if _, exists := kept[id]; exists {
		return value, fmt.Errorf("what is written once was written again")
	}
	kept[id] = value
	return value, nil
}

func versioned(version int) error {
	if version != wire.Version {
		return fmt.Errorf("the value has version %d", version)
	}
	return nil
}

// fold checks a record's form and lets step fold each event; the state it ends with must be the one that
// was written, to the byte. It answers that state.
func fold[S, E any](a *Auditor, kept map[string]S, id string, w Write, fresh S, step func(before S, e E) (S, error)) (S, error) {
	record, err := read[wire.Record[S, E]](w.Value)
	if err != nil {
		return fresh, err
	}
	if err := a.follows(w, record.Version, record.Sequence, record.Salt); err != nil {
		return fresh, err
	}
	if len(record.Events) == 0 {
		return fresh, fmt.Errorf("the record was written without an event")
	}
	state, exists := kept[id]
	if !exists {
		state = fresh
	}
	for i, e := range record.Events {
		if state, err = step(state, e); err != nil {
			return state, fmt.Errorf("event %d: %w", i+1, err)
		}
	}
	if err := same(state, record.State, "the events do not lead to the state that was written"); err != nil {
		return state, err
	}
	kept[id] = state
	return state, nil
}

// follows holds a record's sequence and salt against the version before it. Public records have no salt,
// and the first salt of a private one is random.
func (a *Auditor) follows(w Write, version int, sequence int64, salt string) error {
	id := w.Collection + "/" + w.Key
	before := a.salts[id]
	switch {
	case version != wire.Version:
		return fmt.Errorf("the record has version %d", version)
	case sequence != before.sequence+1:
		return fmt.Errorf("sequence %d follows %d", sequence, before.sequence)
	case w.Collection == "" && salt != "":
		return fmt.Errorf("a public record has a salt")
	case w.Collection != "" && sequence == 1 && !wire.IsDigest(salt):
		return fmt.Errorf("the salt is not 256 bits")
	case w.Collection != "" && sequence > 1 && salt != wire.NextSalt(before.salt, a.txID):
		return fmt.Errorf("the salt does not follow from the one before")
	}
	a.salts[id] = saltAndSequence{salt, sequence}
	return nil
}

// same compares two values by the text that the ledger keeps of them.
func same(computed, written any, what string) error {
	c, err := wire.Encode(computed)
	if err != nil {
		return fmt.Errorf("write what was computed: %w", err)
	}
	w, err := wire.Encode(written)
	if err != nil {
		return fmt.Errorf("write what was read: %w", err)
	}
	if !bytes.Equal(c, w) {
		return fmt.Errorf("%s", what)
	}
	return nil
}

// agreed answers the one event that the rules decide, which must be the one that was written.
func agreed[E any](kind string, decided []E, refusal error, written E) (E, error) {
	if refusal != nil {
		return written, fmt.Errorf("%s was applied although the rules refuse it: %w", kind, refusal)
	}
	if len(decided) != 1 {
		return written, fmt.Errorf("%s was applied although the rules decide nothing", kind)
	}
	return decided[0], same(decided[0], written, kind+" was decided otherwise than the rules decide it")
}
