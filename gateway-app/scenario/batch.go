package scenario

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
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
func Send[T any](ctx context.Context, door Door, b Batch[T]) (Outcome, error) {
	out := Outcome{Refused: map[int]*fault.Fault{}}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, b.Lanes))
	for start := 0; start < len(b.Items); start += b.Size {
		part := b.part(start, start+b.Size)
		group.Go(func() error {
			done, err := part.through(ctx, door)
			if err != nil {
				return fmt.Errorf("%s: %w", b.Function, err)
			}
			mu.Lock()
			defer mu.Unlock()
			out.Block = max(out.Block, done.Block)
			for _, f := range done.Refused {
				out.Refused[start+f.Item-1] = f
			}
			return nil
		})
	}
	return out, group.Wait()
}

// SendAll is Send where nothing may be refused. It answers the block of the last request.
func SendAll[T any](ctx context.Context, door Door, b Batch[T]) (uint64, error) {
	out, err := Send(ctx, door, b)
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
