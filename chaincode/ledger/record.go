package ledger

import (
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/tallystick/tallystick/core/wire"
)

// head is what a record carries beside its state, as committed.
type head struct {
	sequence int64
	salt     string
}

// stored is a record without the events of its last transaction: nobody here needs them again.
type stored[S any] struct {
	Version  int    `json:"version"`
	Sequence int64  `json:"sequence"`
	Salt     string `json:"salt"`
	State    S      `json:"state"`
}

var errVersion = errors.New("the value has a version that this software does not know")

// Load reads a record's state. It sees what this transaction has saved. What it answers is shared
// with the transaction: fold events into it, and never change it in place.
func Load[S any](tx *Tx, collection, key string) (state S, exists bool, err error) {
	at := place{collection, key}
	known, err := tx.pages.read(at)
	if err != nil {
		return state, false, err
	}
	if known.value == nil && known.committed == nil {
		return state, false, nil
	}
	if known.value == nil {
		record, err := decodeStored[stored[S]](known.committed)
		if err != nil {
			return state, false, err
		}
		if record.Version != wire.Version {
			return state, false, defect("read a record", errVersion)
		}
		known.value, known.head = record.State, head{record.Sequence, record.Salt}
		tx.pages.keep(at, known)
	}
	return as[S](known)
}

// Save stages a record's new state with the events that led to it. The sequence takes one step a
// transaction: several saves of one record are one version, with all the events in their order. A
// private record's first salt is Tx.Salt, every later one wire.NextSalt. A record changes only by
// events, so saving none is a defect.
func Save[S, E any](tx *Tx, collection, key string, state S, events []E) error {
	if len(events) == 0 {
		return defect("save a record without an event", nil)
	}
	if _, _, err := Load[S](tx, collection, key); err != nil {
		return err
	}
	at := place{collection, key}
	known := tx.pages.byAt[at]
	if known.staged() {
		before, ok := known.events.([]E)
		if !ok {
			return defect("save a record with two types of events", nil)
		}
		events = append(before[:len(before):len(before)], events...)
	}
	record := wire.Record[S, E]{
		Version:  wire.Version,
		Sequence: known.head.sequence + 1,
		Salt:     tx.recordSalt(at, known.head),
		State:    state,
		Events:   events,
	}
	known.value, known.events = state, events
	known.encode = func() ([]byte, error) { return wire.Encode(record) }
	tx.pages.stage(at, known)
	return nil
}

func (tx *Tx) recordSalt(at place, committed head) string {
	switch {
	case at.collection == "":
		return ""
	case committed.salt == "":
		return tx.Salt(at.collection, at.key)
	}
	return wire.NextSalt(committed.salt, tx.TxID)
}

func decodeStored[T any](raw []byte) (T, error) {
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, defect("decode a value that the ledger keeps", err)
	}
	return value, nil
}

func hexOf(raw []byte) string { return hex.EncodeToString(raw) }
