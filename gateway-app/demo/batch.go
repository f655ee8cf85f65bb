package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// handle makes 128 random bits, salt 256 of them, in hexadecimal.
func handle() string { return random(16) }
func salt() string   { return random(32) }

func random(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(raw)
}

// batch is a list of items for one function, sent in requests of at most size items.
type batch[T any] struct {
	function   string
	collection string
	items      []T
	size       int
	lanes      int // how many requests may be under way at once; one where they share keys
}

// outcome is what became of a batch: in which block the last request was committed, and the refusals by
// the item's position in the whole batch.
type outcome struct {
	block   uint64
	refused map[int]*fault.Fault
}

// send submits a batch. A refused item is an outcome; anything else that goes wrong is an error.
func send[T any](ctx context.Context, client *ledger.Client, b batch[T]) (outcome, error) {
	out := outcome{refused: map[int]*fault.Fault{}}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, b.lanes))
	for start := 0; start < len(b.items); start += b.size {
		items := b.items[start:min(start+b.size, len(b.items))]
		group.Go(func() error {
			result, refused, err := request(ctx, client, b.function, b.collection, items)
			if err != nil {
				return fmt.Errorf("%s: %w", b.function, err)
			}
			mu.Lock()
			defer mu.Unlock()
			out.block = max(out.block, result.BlockNumber)
			for _, f := range refused {
				out.refused[start+f.Item-1] = f
			}
			return nil
		})
	}
	return out, group.Wait()
}

// sendAll is send where nothing may be refused.
func sendAll[T any](ctx context.Context, client *ledger.Client, b batch[T]) (uint64, error) {
	out, err := send(ctx, client, b)
	if err != nil {
		return 0, err
	}
	for i := range b.items {
		if f, refused := out.refused[i]; refused {
			return 0, fmt.Errorf("%s, item %d: %w", b.function, i+1, f)
		}
	}
	return out.block, nil
}

// request submits one request. A request of which every item was refused answers with the first
// refusal only, so its items are sent one by one to learn them all.
func request[T any](ctx context.Context, client *ledger.Client, function, collection string, items []T) (ledger.Result, []*fault.Fault, error) {
	r := wire.Request[T]{Version: wire.Version, ID: handle(), Collection: collection, Mode: wire.Each, Items: items}
	if collection != "" {
		r.Salt = salt()
	}
	result, err := client.Submit(ctx, function, r)
	if err == nil {
		return result, result.Answer.Refused, nil
	}
	var refusal *fault.Fault
	if !errors.As(err, &refusal) || refusal.Item == 0 {
		return ledger.Result{}, nil, err
	}
	if len(items) == 1 {
		return ledger.Result{}, []*fault.Fault{refusal.At(0)}, nil
	}
	var all []*fault.Fault
	for i := range items {
		one, refused, err := request(ctx, client, function, collection, items[i:i+1])
		if err != nil {
			return ledger.Result{}, nil, err
		}
		result.BlockNumber = max(result.BlockNumber, one.BlockNumber)
		for _, f := range refused {
			all = append(all, f.At(i))
		}
	}
	return result, all, nil
}
