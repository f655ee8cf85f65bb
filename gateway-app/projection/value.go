package projection

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// value is one kind of value that is no record: most are written once, a few are replaced.
type value[T any] struct {
	prefix   string // of its keys; what follows is the id
	table    *table
	replaced bool // it may be written again
	version  func(v T) int
	// names wants the key to be the one that the value names.
	names func(c ledger.Change, id string, v T) error
	// columns are the table's own, after those that every value has.
	columns func(v T) []any
	// further keeps what the value means for other rows and for the feed; nil where there is nothing.
	further func(b *batch, id string, v T) error
	// sealed keeps the value's digest in place of its text.
	sealed bool
}

func (k *value[T]) decode(c ledger.Change) (func(context.Context, *batch) error, error) {
	var v T
	if err := json.Unmarshal(c.Value, &v); err != nil {
		return nil, malformed("the value cannot be read")
	}
	again, err := wire.Encode(v)
	switch {
	case err != nil || !bytes.Equal(again, c.Value):
		return nil, malformed("the value is not in the form that the ledger keeps")
	case k.version(v) != wire.Version:
		return nil, malformed("the value has version %d", k.version(v))
	}
	id := strings.TrimPrefix(c.Key, k.prefix)
	if err := k.names(c, id, v); err != nil {
		return nil, err
	}
	return func(ctx context.Context, b *batch) error { return k.fold(ctx, b, id, v) }, nil
}

func (k *value[T]) fold(ctx context.Context, b *batch, id string, v T) error {
	c := b.change
	if !k.replaced {
		written, err := b.exists(ctx, k.table, place(c), c.Collection, id)
		if err != nil {
			return err
		}
		if written {
			return differs("what is written once was written again")
		}
	}
	text, at, number := string(c.Value), b.time, b.number()
	if k.sealed {
		text = `"` + wire.Digest(c.Value) + `"`
	}
	if known, ok := b.dirty[k.table.name+"\x00"+place(c)]; ok {
		number = known.seq // the row keeps its place; the number is spent all the same, so that batches do not matter
	}
	b.put(row{table: k.table, key: place(c), version: version{seq: number}, values: func() []any {
		return append([]any{c.Collection, id, number, text, int64(c.Block), c.TxID, at}, k.columns(v)...)
	}})
	if k.further != nil {
		return k.further(b, id, v)
	}
	return nil
}

// underHandle wants the value of a customer, a project or a bank entry to stand under a handle.
func underHandle(id string) error {
	if !wire.IsHandle(id) {
		return malformed("the key is no handle")
	}
	return nil
}
