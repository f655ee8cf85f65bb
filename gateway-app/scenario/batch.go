package scenario

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

// Handle makes 128 random bits in hexadecimal.
func Handle() string { return random(16) }

// Salt makes 256 random bits in hexadecimal.
func Salt() string { return random(32) }

func random(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(raw)
}

// Batch is a list of items for one function, sent in requests of at most Size items.
type Batch[T any] struct {
	Function   string
	Collection string
	Items      []T
	Size       int
	Lanes      int       // how many requests may be under way at once; one where they share keys
	Mode       wire.Mode // each item by itself, if empty
}

// Outcome is what became of a batch: in which block the last request was committed, and the refusals by
// the item's position in the whole batch.
type Outcome struct {
	Block   uint64
	Refused map[int]*fault.Fault
}

// Send submits a batch. A refused item is an outcome; anything else that goes wrong is an error.
func Send[T any](ctx context.Context, client *ledger.Client, b Batch[T]) (Outcome, error) {
	out := Outcome{Refused: map[int]*fault.Fault{}}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, b.Lanes))
	for start := 0; start < len(b.Items); start += b.Size {
		part := b.part(start, start+b.Size)
		group.Go(func() error {
			result, refused, err := part.request(ctx, client)
			if err != nil {
				return fmt.Errorf("%s: %w", b.Function, err)
			}
			mu.Lock()
			defer mu.Unlock()
			out.Block = max(out.Block, result.BlockNumber)
			for _, f := range refused {
				out.Refused[start+f.Item-1] = f
			}
			return nil
		})
	}
	return out, group.Wait()
}

// SendAll is Send where nothing may be refused. It answers the block of the last request.
func SendAll[T any](ctx context.Context, client *ledger.Client, b Batch[T]) (uint64, error) {
	out, err := Send(ctx, client, b)
	if err != nil {
		return 0, err
	}
	for i := range b.Items {
		if f, refused := out.Refused[i]; refused {
			return 0, fmt.Errorf("%s, item %d: %w", b.Function, i+1, f)
		}
	}
	return out.Block, nil
}

// part is the batch with some of its items.
func (b Batch[T]) part(from, to int) Batch[T] {
	b.Items = b.Items[from:min(to, len(b.Items))]
	return b
}

// Request is the batch as one request, under a fresh id.
func (b Batch[T]) Request() wire.Request[T] {
	r := wire.Request[T]{Version: wire.Version, ID: Handle(), Collection: b.Collection, Mode: b.Mode, Items: b.Items}
	if b.Collection != "" {
		r.Salt = Salt()
	}
	if b.Mode == "" {
		r.Mode = wire.Each
	}
	return r
}

// request submits one request. A request of which every item was refused answers with the first
// refusal only, so its items are sent one by one to learn them all.
func (b Batch[T]) request(ctx context.Context, client *ledger.Client) (ledger.Result, []*fault.Fault, error) {
	result, err := client.Submit(ctx, b.Function, b.Request())
	if err == nil {
		return result, result.Answer.Refused, nil
	}
	var refusal *fault.Fault
	if !errors.As(err, &refusal) || refusal.Item == 0 {
		return ledger.Result{}, nil, err
	}
	if len(b.Items) == 1 {
		return ledger.Result{}, []*fault.Fault{refusal.At(0)}, nil
	}
	var all []*fault.Fault
	for i := range b.Items {
		one, refused, err := b.part(i, i+1).request(ctx, client)
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
