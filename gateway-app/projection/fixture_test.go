package projection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	pair      = "harbor-meridian"
	otherPair = "lantern-meridian"
	chaincode = "tallystick"
)

// chain keeps what the contracts would have written, a block a transaction, and is the peer of a member that
// holds some collections. Records are folded by core and encoded by wire.
type chain struct {
	testing.TB
	holds     func(collection string) bool
	on        calendar.Date
	committed map[string][]byte
	staged    []ledger.Change

	mu     sync.Mutex
	blocks []ledger.Block
	grown  chan struct{}
}

func newChain(t testing.TB) *chain {
	return &chain{
		TB: t, committed: map[string][]byte{}, grown: make(chan struct{}),
		holds: func(collection string) bool { return collection != otherPair },
	}
}

func (c *chain) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// txID is the id of the transaction in hand.
func (c *chain) txID() string { return wire.Digest([]byte(fmt.Sprint("tx", len(c.blocks)))) }

// put stages a value, in the place of what the transaction wrote under the key before.
func (c *chain) put(collection, key string, value any) {
	c.Helper()
	raw, err := wire.Encode(value)
	c.must(err)
	change := ledger.Change{Collection: collection, Key: key, Value: raw}
	if at := c.find(collection, key); at >= 0 {
		c.staged[at] = change
		return
	}
	c.staged = append(c.staged, change)
}

func (c *chain) find(collection, key string) int {
	return slices.IndexFunc(c.staged, func(w ledger.Change) bool { return w.Collection == collection && w.Key == key })
}

func decode[T any](c *chain, raw []byte) T {
	c.Helper()
	var value T
	if len(raw) > 0 {
		c.must(json.Unmarshal(raw, &value))
	}
	return value
}

// load answers a record's state as the transaction in hand sees it.
func load[S any](c *chain, collection, key string) S {
	c.Helper()
	raw := c.committed[collection+"/"+key]
	if at := c.find(collection, key); at >= 0 {
		raw = c.staged[at].Value
	}
	return decode[wire.Record[S, json.RawMessage]](c, raw).State
}

// save folds events into a record and stages its next version.
func save[S, E any](c *chain, collection, key string, fresh S, apply func(S, E) S, events ...E) S {
	c.Helper()
	known := decode[wire.Record[S, E]](c, c.committed[collection+"/"+key])
	next := wire.Record[S, E]{Version: wire.Version, Sequence: known.Sequence + 1, State: known.State}
	if known.Sequence == 0 {
		next.State = fresh
	}
	if at := c.find(collection, key); at >= 0 {
		staged := decode[wire.Record[S, E]](c, c.staged[at].Value)
		next.State, next.Events = staged.State, staged.Events
	}
	switch {
	case collection == "":
	case known.Sequence == 0:
		next.Salt = wire.Digest([]byte(key))
	default:
		next.Salt = wire.NextSalt(known.Salt, c.txID())
	}
	for _, e := range events {
		next.State, next.Events = apply(next.State, e), append(next.Events, e)
	}
	c.put(collection, key, next)
	return next.State
}

// commit ends a transaction and the block with it.
func (c *chain) commit() {
	c.Helper()
	for _, w := range c.staged {
		c.committed[w.Collection+"/"+w.Key] = w.Value
	}
	c.append(ledger.Valid, c.staged...)
	c.staged = nil
}

// append puts a transaction on the chain as the member's peer gives it.
func (c *chain) append(code ledger.Code, writes ...ledger.Change) {
	number := len(c.blocks)
	tx := ledger.Tx{ID: c.txID(), Code: code, Timestamp: time.Date(2024, 1, 1, 0, 0, number, 0, time.UTC)}
	for _, w := range writes {
		switch {
		case w.Collection == "":
			tx.PublicWrites = append(tx.PublicWrites, ledger.Write{Namespace: chaincode, Key: w.Key, Value: w.Value, Delete: w.Delete})
		case c.holds(w.Collection):
			tx.PrivateWrites = append(tx.PrivateWrites, ledger.PrivateWrite{
				Namespace: chaincode, Collection: w.Collection, Key: w.Key, Value: w.Value, Delete: w.Delete,
			})
		}
	}
	block := ledger.Block{Number: uint64(number), Hash: wire.Digest([]byte(fmt.Sprint("block", number))), Transactions: []ledger.Tx{tx}}
	c.mu.Lock()
	defer c.mu.Unlock()
	if number > 0 {
		block.PreviousHash = c.blocks[number-1].Hash
	}
	c.blocks = append(c.blocks, block)
	close(c.grown)
	c.grown = make(chan struct{})
}

// height is the number of blocks, and the channel that is closed when there are more.
func (c *chain) height() (uint64, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return uint64(len(c.blocks)), c.grown
}

func (c *chain) BlocksWithPrivateData(ctx context.Context, from, to uint64) iter.Seq2[ledger.Block, error] {
	return func(yield func(ledger.Block, error) bool) {
		for number := from; number <= to; number++ {
			for {
				height, grown := c.height()
				if number < height {
					break
				}
				select {
				case <-grown:
				case <-ctx.Done():
					yield(ledger.Block{}, ctx.Err())
					return
				}
			}
			c.mu.Lock()
			block := c.blocks[number]
			c.mu.Unlock()
			if !yield(block, nil) {
				return
			}
		}
	}
}

func (c *chain) Chain(context.Context) (ledger.Chain, error) {
	height, _ := c.height()
	return ledger.Chain{Height: height}, nil
}

func (c *chain) Profile() ledger.Profile { return ledger.Profile{Chaincode: chaincode} }

// catchUp folds all that is on the chain by a projection of its own, as a process that is started and ended.
func catchUp(t testing.TB, db *store.DB, source *chain) error {
	t.Helper()
	return runUntil(t, projection.New(db, source), source)
}

// runUntil runs a projection until it has folded the chain or ends by itself.
func runUntil(t testing.TB, p *projection.Projection, source *chain) error {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended, reached := make(chan error, 1), make(chan error, 1)
	height, _ := source.height()
	go func() { ended <- p.Run(ctx) }()
	go func() { reached <- p.Reach(ctx, height-1) }()
	select {
	case err := <-ended:
		return err
	case err := <-reached:
		stop()
		<-ended
		return err
	}
}

func mustCatchUp(t testing.TB, db *store.DB, source *chain) {
	t.Helper()
	if err := catchUp(t, db, source); err != nil {
		t.Fatal(err)
	}
}

func rowsOf(t testing.TB, db *store.DB) []string {
	t.Helper()
	var rows []string
	for row, err := range projection.Rows(t.Context(), db) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}
