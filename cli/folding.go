package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// folder folds the records of one kind and holds each version against the one before it.
type folder interface {
	folds(key string) bool
	fold(ledger.Change) error
}

// folding is a folder over core's own Apply.
type folding[S, E any] struct {
	prefix, suffix string
	fresh          func(handle string) S // what a record is before its first event
	apply          func(S, E) S
	kept           map[place]kept[S]
}

// kept is what a record was after its latest version.
type kept[S any] struct {
	state    S
	sequence int64
	salt     string
}

func newFolding[S, E any](prefix, suffix string, apply func(S, E) S) *folding[S, E] {
	return newFoldingFrom(prefix, suffix, func(string) S { var none S; return none }, apply)
}

// newFoldingFrom folds records that begin with what their key says.
func newFoldingFrom[S, E any](prefix, suffix string, fresh func(handle string) S, apply func(S, E) S) *folding[S, E] {
	return &folding[S, E]{prefix, suffix, fresh, apply, map[place]kept[S]{}}
}

func (f *folding[S, E]) folds(key string) bool {
	return strings.HasPrefix(key, f.prefix) && strings.HasSuffix(key, f.suffix)
}

// fold wants the version to follow from the one before it: by sequence, by salt, and by its events,
// which must lead to the state that was written, to the byte.
func (f *folding[S, E]) fold(change ledger.Change) error {
	version, err := decode[wire.Record[S, E]](change)
	if err != nil {
		return err
	}
	before, known := f.kept[placeOf(change)]
	if !known {
		before.state = f.fresh(handle(change.Key))
	}
	switch {
	case version.Version != wire.Version:
		return fmt.Errorf("the record has version %d", version.Version)
	case version.Sequence != before.sequence+1:
		return fmt.Errorf("sequence %d follows %d", version.Sequence, before.sequence)
	case change.Collection != "" && before.sequence > 0 && version.Salt != wire.NextSalt(before.salt, change.TxID):
		return fmt.Errorf("the salt does not follow from the one before")
	}
	state := before.state
	for _, event := range version.Events {
		state = f.apply(state, event)
	}
	if err := equal(state, version.State); err != nil {
		return err
	}
	f.kept[placeOf(change)] = kept[S]{state, version.Sequence, version.Salt}
	return nil
}

// equal compares two states by the text that the ledger keeps of them.
func equal(folded, written any) error {
	f, err := wire.Encode(folded)
	if err != nil {
		return fmt.Errorf("encode a state: %w", err)
	}
	w, err := wire.Encode(written)
	if err != nil {
		return fmt.Errorf("encode a state: %w", err)
	}
	if !bytes.Equal(f, w) {
		return fmt.Errorf("the events do not lead to the state that was written")
	}
	return nil
}

// compact is a value without the spaces that it may have been sent with.
func compact(raw []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return raw
	}
	return out.Bytes()
}
