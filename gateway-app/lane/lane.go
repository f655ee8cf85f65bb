package lane

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// leaseDuration is how long a killed holder keeps the others waiting.
const leaseDuration = 15 * time.Second

// machine is the identity that signs batches.
const machine = "machine"

// Submitter takes a command to its outcome; *outbox.Outbox is one. Do answers the present status when
// the context ends first, and a command that it was given before is not sent twice.
type Submitter interface {
	Do(ctx context.Context, c outbox.Command) (outbox.Outcome, error)
}

// Lane is a named order of batches in one database.
type Lane struct {
	name  string
	db    *store.DB
	box   Submitter
	lanes Lanes

	// held keeps this process's own callers apart: to the database they are one holder.
	held chan struct{}
}

// New names a lane, and the outbox's lanes that its batches share with other commands.
func New(db *store.DB, box Submitter, name string, lanes Lanes) *Lane {
	return &Lane{name: name, db: db, box: box, lanes: lanes, held: make(chan struct{}, 1)}
}

// Hold waits until the lane is free, finishes what its last holder left unfinished, and runs the work.
// The work's context ends when the lane is lost.
func (l *Lane) Hold(ctx context.Context, holder string, work func(ctx context.Context) error) error {
	select {
	case l.held <- struct{}{}:
		defer func() { <-l.held }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return l.db.Hold(ctx, "lane/"+l.name, holder, leaseDuration, func(ctx context.Context) error {
		if err := l.resume(ctx); err != nil {
			return err
		}
		return work(ctx)
	})
}

// Verdicts is what became of a list: how many items were applied, the last block that took one, and the
// refusals by the item's position in the list, from 0.
type Verdicts struct {
	Block   uint64
	Applied int
	Refused map[int]*fault.Fault
}

// Send takes a list through the lane, at most size items a batch, and answers when all of it is decided.
// Call it inside Hold.
func Send[T any](ctx context.Context, l *Lane, run, function, collection string, items []T, size int) (Verdicts, error) {
	all := Verdicts{Refused: map[int]*fault.Fault{}}
	for start := 0; start < len(items); start += size {
		part := items[start:min(start+size, len(items))]
		raw := make([]json.RawMessage, len(part))
		for i, item := range part {
			text, err := wire.Encode(item)
			if err != nil {
				return all, fmt.Errorf("send %s: %w", function, err)
			}
			raw[i] = text
		}
		got, err := l.send(ctx, Batch{Run: run, Function: function, Collection: collection, Items: raw})
		if err != nil {
			return all, fmt.Errorf("send %s: %w", function, err)
		}
		all.Block = max(all.Block, got.Block)
		all.Applied += got.Applied
		for i, refusal := range got.Refused {
			all.Refused[start+i] = refusal
		}
	}
	return all, nil
}

// send takes one batch, and those that its refusal leaves over, to the end.
func (l *Lane) send(ctx context.Context, b Batch) (Verdicts, error) {
	all := Verdicts{Refused: map[int]*fault.Fault{}}
	positions := make([]int, len(b.Items))
	for i := range positions {
		positions[i] = i
	}
	if err := l.store(ctx, &b); err != nil {
		return all, err
	}
	for {
		rest, err := l.decide(ctx, &b)
		if err != nil {
			return all, err
		}
		all.Block, all.Applied = max(all.Block, b.Block), all.Applied+b.Applied
		for _, refusal := range b.Refused {
			all.Refused[positions[refusal.Item-1]] = refusal
		}
		if rest == nil {
			return all, nil
		}
		first := b.Refused[0].Item - 1
		positions = append(positions[:first:first], positions[first+1:]...)
		b = *rest
	}
}

// resume decides every batch that was stored and is undecided, in order.
func (l *Lane) resume(ctx context.Context) error {
	open, err := l.read(ctx, `lane = $1 AND NOT decided`, l.name)
	if err != nil {
		return err
	}
	for _, b := range open {
		for next := &b; next != nil; {
			rest, err := l.decide(ctx, next)
			if err != nil {
				return fmt.Errorf("resume batch %d of lane %s: %w", next.Number, l.name, err)
			}
			next = rest
		}
	}
	return nil
}

// decide submits a stored batch and keeps its verdict. Where the first refusal speaks for one item only,
// it stores the others as a batch of their own, in the same transaction, and answers that.
func (l *Lane) decide(ctx context.Context, b *Batch) (*Batch, error) {
	outcome, err := l.submit(ctx, *b)
	if err != nil {
		return nil, err
	}
	rest := b.take(outcome)
	return rest, l.keep(ctx, *b, rest)
}

// submit waits as long as the context lasts: the outbox tries again by itself what can be tried again.
func (l *Lane) submit(ctx context.Context, b Batch) (outbox.Outcome, error) {
	items, err := json.Marshal(b.Items)
	if err != nil {
		return outbox.Outcome{}, err
	}
	lanes, err := l.lanes(b)
	if err != nil {
		return outbox.Outcome{}, fmt.Errorf("name the lanes of lane %s: %w", l.name, err)
	}
	command := outbox.Command{
		ID: b.RequestID, Function: b.Function, Collection: b.Collection, Mode: wire.Each,
		Items: items, Salt: b.salt, Lanes: lanes, Identity: machine,
	}
	for {
		outcome, err := l.box.Do(ctx, command)
		switch {
		case err != nil:
			return outcome, err
		case outcome.Status == outbox.Committed || outcome.Status == outbox.Refused:
			return outcome, nil
		case ctx.Err() != nil:
			return outcome, context.Cause(ctx)
		}
	}
}

// requestID follows from the place in the lane and from the items, so that a batch that is sent again is
// the same command, and a lane that begins anew in an empty database never repeats an id for other items.
func requestID(lane string, number int64, b Batch) string {
	h := sha256.New()
	fmt.Fprintf(h, "tallystick/lane/v1\x00%s\x00%d\x00%s\x00%s\x00%s", lane, number, b.Run, b.Function, b.Collection)
	for _, item := range b.Items {
		fmt.Fprintf(h, "\x00%d\x00", len(item))
		h.Write(item)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Random makes as many random bytes in hexadecimal.
func Random(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(raw)
}
