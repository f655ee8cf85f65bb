package projection

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// noun is one kind of mutable record: where it stands, how it is folded and what the model keeps of it.
type noun[S, E any] struct {
	name   string // in the history and in the feed
	prefix string // of its keys; what follows is the id
	table  *table
	fresh  func(id string) S
	apply  func(S, E) S
	// names wants the key to be the one that the state names.
	names func(c ledger.Change, id string, s S) error
	// about is an event's kind and business date.
	about func(e E) (kind string, on calendar.Date)
	// columns are the table's own, after those that every record has.
	columns func(s S) []any
	// tell is what the feed says of a step; nil where the feed says nothing.
	tell func(before, after S, e E) []Notice
	// further checks and keeps what a transaction's steps mean for other rows; nil where there is nothing.
	further func(ctx context.Context, b *batch, before, after S, events []E) error
}

// told is what one event leaves behind besides the state.
type told struct {
	kind    string
	on      calendar.Date
	notices []Notice
}

// decode reads a record and its events, and wants its text to be the one form that the ledger keeps. The
// state is compared when it has been folded.
func (n *noun[S, E]) decode(c ledger.Change) (func(context.Context, *batch) error, error) {
	var record wire.Record[json.RawMessage, E]
	if err := json.Unmarshal(c.Value, &record); err != nil {
		return nil, malformed("the record cannot be read")
	}
	texts := make([]json.RawMessage, len(record.Events))
	for i, e := range record.Events {
		text, err := wire.Encode(e)
		if err != nil {
			return nil, malformed("event %d cannot be written anew", i+1)
		}
		texts[i] = text
	}
	switch {
	case !formed(c.Value, record.Version, record.Sequence, record.Salt, record.State, texts):
		return nil, malformed("the record is not in the form that the ledger keeps")
	case record.Version != wire.Version:
		return nil, malformed("the record has version %d", record.Version)
	case len(record.Events) == 0:
		return nil, malformed("the record was written without an event")
	}
	return func(ctx context.Context, b *batch) error { return n.fold(ctx, b, record, texts) }, nil
}

// formed reports whether a text is the one form of a record. The state's own form is shown when it is
// compared; here it is large and only has to be in its place.
func formed(text []byte, version int, sequence int64, salt string, state json.RawMessage, list []json.RawMessage) bool {
	around, err := wire.Encode(wire.Record[int, int]{Version: version, Sequence: sequence, Salt: salt, Events: []int{}})
	if err != nil {
		return false
	}
	head, tail, ok := bytes.Cut(around, []byte(`0,"events":[`))
	size := len(around) - 1 + len(state) + max(len(list)-1, 0)
	for _, e := range list {
		size += len(e)
	}
	if !ok || size != len(text) {
		return false
	}
	form := make([]byte, 0, size)
	form = append(append(append(form, head...), state...), `,"events":[`...)
	for i, e := range list {
		if i > 0 {
			form = append(form, ',')
		}
		form = append(form, e...)
	}
	return bytes.Equal(append(form, tail...), text)
}

func (n *noun[S, E]) fold(ctx context.Context, b *batch, r wire.Record[json.RawMessage, E], texts []json.RawMessage) error {
	c := b.change
	id := strings.TrimPrefix(c.Key, n.prefix)
	before, state, err := n.load(ctx, b, c, id)
	if err != nil {
		return err
	}
	if err := follows(c, before, r.Sequence, r.Salt); err != nil {
		return err
	}
	after, steps, err := n.replay(state, r.Events)
	if err != nil {
		return err
	}
	folded, err := wire.Encode(after)
	if err != nil || !bytes.Equal(folded, r.State) {
		return differs("the events do not lead to the state that was written")
	}
	if err := n.names(c, id, after); err != nil {
		return err
	}
	if n.further != nil {
		if err := n.further(ctx, b, state, after, r.Events); err != nil {
			return err
		}
	}
	if before.seq == 0 {
		before.seq = b.number()
	}
	for i, s := range steps {
		b.record(n.name, id, r.Sequence, s, texts[i])
	}
	n.save(b, id, version{before.seq, r.Sequence, r.Salt, after}, string(folded))
	return nil
}

// replay folds the events. An event that lacks what its kind needs makes core's Apply panic, which is
// a flaw of the record and none of ours.
func (n *noun[S, E]) replay(state S, list []E) (after S, steps []told, err error) {
	defer func() {
		if recover() != nil {
			err = malformed("an event lacks what its kind is about")
		}
	}()
	for _, e := range list {
		before := state
		state = n.apply(before, e)
		var s told
		s.kind, s.on = n.about(e)
		if n.tell != nil {
			s.notices = n.tell(before, state, e)
		}
		steps = append(steps, s)
	}
	return state, steps, nil
}

// load answers the version before, with a sequence of 0 where there is none.
func (n *noun[S, E]) load(ctx context.Context, b *batch, c ledger.Change, id string) (version, S, error) {
	before, err := b.version(n.table, place(c), func() (version, error) {
		return n.read(ctx, b.tx, c.Collection, id)
	})
	if err != nil {
		return before, n.fresh(id), err
	}
	state, ok := before.state.(S)
	if !ok {
		return before, n.fresh(id), nil
	}
	return before, state, nil
}

func (n *noun[S, E]) read(ctx context.Context, tx *sql.Tx, collection, id string) (version, error) {
	var v version
	var text string
	query := "SELECT seq, sequence, salt, state FROM " + n.table.name + " WHERE collection = $1 AND id = $2"
	switch err := tx.QueryRowContext(ctx, query, collection, id).Scan(&v.seq, &v.sequence, &v.salt, &text); {
	case errors.Is(err, sql.ErrNoRows):
		return version{}, nil
	case err != nil:
		return version{}, fmt.Errorf("read %s %s: %w", n.name, id, err)
	}
	state := n.fresh(id)
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return version{}, fmt.Errorf("read %s %s from the read model: %w: rebuild it", n.name, id, err)
	}
	v.state = state
	return v, nil
}

func (n *noun[S, E]) save(b *batch, id string, v version, text string) {
	c, at, after := b.change, b.time, v.state.(S)
	b.put(row{table: n.table, key: place(c), version: v, values: func() []any {
		own := n.columns(after)
		values := make([]any, 0, len(recordColumns)+len(own))
		values = append(values, c.Collection, id, v.seq, v.sequence, v.salt, text, int64(c.Block), c.TxID, at)
		return append(values, own...)
	}})
}

// place is a change's key with its collection, under which the cache keeps the record.
func place(c ledger.Change) string { return c.Collection + "\x00" + c.Key }

// follows holds a record's sequence and salt against the version before it. Public records have no salt, and
// the first salt of a private one follows from what only its writer knows.
func follows(c ledger.Change, before version, sequence int64, salt string) error {
	switch {
	case sequence != before.sequence+1:
		return differs("sequence %d follows %d", sequence, before.sequence)
	case c.Collection == "" && salt != "":
		return malformed("a public record has a salt")
	case c.Collection != "" && sequence == 1 && !wire.IsDigest(salt):
		return malformed("the salt is not 256 bits")
	case c.Collection != "" && sequence > 1 && salt != wire.NextSalt(before.salt, c.TxID):
		return differs("the salt does not follow from the one before")
	}
	return nil
}

// handled wants a private record to stand under its own handle, in the collection of its two members.
func handled(c ledger.Change, id, handle, platform, custodian string) error {
	switch {
	case !wire.IsHandle(id) || id != handle:
		return malformed("the key is that of another record")
	case c.Collection != wire.PairCollection(platform, custodian):
		return malformed("the record is of %s and %s, whose collection this is not", platform, custodian)
	}
	return nil
}
