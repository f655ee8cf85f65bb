package outbox

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// Ledger is what the outbox needs of the ledger client of one identity. Over makes one of a
// *ledger.Client.
type Ledger interface {
	// Prepare proposes a request and collects its endorsements. Nothing is ordered by it. Its error is the
	// contract's refusal, or a fault that says to try again.
	Prepare(ctx context.Context, function string, body []byte) (Envelope, error)
	// Restore reads the bytes of an envelope that the same identity made.
	Restore(raw []byte) (Envelope, error)
	// Settle has an envelope ordered and waits for the verdict. A restored one is asked about first, and
	// sent only if it is not on the ledger. The result names its transaction if and only if the verdict
	// is known; without it the transaction may still be committed.
	Settle(ctx context.Context, envelope Envelope) (ledger.Result, error)
	// Outcome looks a transaction up. It refuses with not_found when it is in no block of the peer's.
	Outcome(ctx context.Context, txID string) (ledger.Outcome, error)
	// Height is the number of blocks that the member's peer has.
	Height(ctx context.Context) (uint64, error)
}

// Envelope is an endorsed transaction.
type Envelope interface {
	TxID() string
	Bytes() ([]byte, error)
}

// Dialer answers the ledger as one identity sees it. It is called for every attempt, so it keeps its
// connections. A refusal that no repetition mends, such as wrong_member for an identity that was
// revoked, refuses the command.
type Dialer func(ctx context.Context, identity string) (Ledger, error)

// Over makes a client fit for the outbox.
func Over(client *ledger.Client) Ledger { return connection{client} }

type connection struct{ client *ledger.Client }

func (c connection) Prepare(ctx context.Context, function string, body []byte) (Envelope, error) {
	envelope, err := c.client.Prepare(ctx, function, body)
	if err != nil {
		return nil, err
	}
	return envelope, nil
}

func (c connection) Restore(raw []byte) (Envelope, error) {
	envelope, err := c.client.Restore(raw)
	if err != nil {
		return nil, err
	}
	return envelope, nil
}

func (c connection) Settle(ctx context.Context, envelope Envelope) (ledger.Result, error) {
	own, ok := envelope.(*ledger.Envelope)
	if !ok {
		return ledger.Result{}, fmt.Errorf("send transaction %s: it was not made by this client", envelope.TxID())
	}
	pending, err := c.client.Send(ctx, own)
	if err != nil {
		return ledger.Result{}, err
	}
	return pending.Wait(ctx)
}

func (c connection) Outcome(ctx context.Context, txID string) (ledger.Outcome, error) {
	return c.client.Outcome(ctx, txID)
}

func (c connection) Height(ctx context.Context) (uint64, error) {
	chain, err := c.client.Chain(ctx)
	return chain.Height, err
}
