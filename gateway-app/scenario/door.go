package scenario

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// Order is one command: a list of items for one function.
type Order struct {
	Function   string
	Collection string
	Mode       wire.Mode
	Items      []json.RawMessage
}

// Done is what became of an order: the block that it was committed in, and the refused items.
type Done struct {
	Block   uint64
	Refused []*fault.Fault // each with the position of its item, from 1
}

// Door is how one identity of a member brings orders to the ledger: by way of the member's gateway
// app, or straight through its peer. An order of which every item was refused answers with an error that
// holds the first refusal.
type Door interface {
	Submit(ctx context.Context, order Order) (Done, error)
	// Reach waits until what the member reads includes a block.
	Reach(ctx context.Context, block uint64) error
}

// peerDoor leads straight through the member's peer.
type peerDoor struct {
	client   *ledger.Client
	approver *deputy // of a supervisor; nil for who needs none
}

func (d peerDoor) Submit(ctx context.Context, o Order) (Done, error) {
	batch := Batch[json.RawMessage]{Function: o.Function, Collection: o.Collection, Mode: o.Mode, Items: o.Items}
	request := batch.Request()
	if d.approver != nil {
		var err error
		if request, err = d.approver.approve(o.Function, request); err != nil {
			return Done{}, err
		}
	}
	result, err := d.client.Submit(ctx, o.Function, request)
	if err != nil {
		return Done{}, err
	}
	return Done{Block: result.BlockNumber, Refused: result.Answer.Refused}, nil
}

func (d peerDoor) Reach(ctx context.Context, block uint64) error { return d.client.Reach(ctx, block) }

// order encodes a batch as one order.
func (b Batch[T]) order() (Order, error) {
	o := Order{Function: b.Function, Collection: b.Collection, Mode: b.Mode, Items: make([]json.RawMessage, len(b.Items))}
	if o.Mode == "" {
		o.Mode = wire.Each
	}
	for i, item := range b.Items {
		var err error
		if o.Items[i], err = wire.Encode(item); err != nil {
			return Order{}, err
		}
	}
	return o, nil
}

// through brings one order through a door. An order of which every item was refused answers with the first
// refusal only, so its items are sent one by one to learn them all.
func (b Batch[T]) through(ctx context.Context, door Door) (Done, error) {
	o, err := b.order()
	if err != nil {
		return Done{}, err
	}
	done, err := door.Submit(ctx, o)
	if err == nil {
		return done, nil
	}
	var refusal *fault.Fault
	if !errors.As(err, &refusal) || refusal.Item == 0 {
		return Done{}, err
	}
	if len(b.Items) == 1 {
		return Done{Refused: []*fault.Fault{refusal.At(0)}}, nil
	}
	for i := range b.Items {
		one, err := b.part(i, i+1).through(ctx, door)
		if err != nil {
			return Done{}, err
		}
		done.Block = max(done.Block, one.Block)
		for _, f := range one.Refused {
			done.Refused = append(done.Refused, f.At(i))
		}
	}
	return done, nil
}
