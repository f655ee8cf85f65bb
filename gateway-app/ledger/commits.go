package ledger

import (
	"context"
	"sync"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Outcome is the verdict on a transaction and the block that holds it.
type Outcome struct {
	TxID        string `json:"tx_id"`
	BlockNumber uint64 `json:"block_number"`
	Code        Code   `json:"code"`
}

// commits resolves every transaction of a client from one stream of blocks. A wait for each at the
// peer would hold one of the few places that the peer has for requests.
type commits struct {
	lifetime context.Context
	client   *Client

	mu      sync.Mutex
	started bool
	waiting map[string]chan Outcome
	height  uint64        // blocks below it were seen
	moved   chan struct{} // closed when height moves, and then replaced
}

func newCommits(lifetime context.Context, c *Client) *commits {
	return &commits{lifetime: lifetime, client: c, waiting: map[string]chan Outcome{}, moved: make(chan struct{})}
}

// start begins the stream where the last one ended, the first at the peer's present height.
func (c *commits) start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started {
		return nil
	}
	if c.height == 0 {
		chain, err := c.client.Chain(ctx)
		if err != nil {
			return err
		}
		c.height = chain.Height
	}
	c.started = true
	go c.run(c.height)
	return nil
}

// run follows the chain until the client is closed. follow reconnects by itself and ends only with
// the lifetime, or when the peer refuses the identity; then every wait ends with an unknown outcome.
func (c *commits) run(from uint64) {
	s := stream{client: c.client, open: c.client.openFiltered, from: from, to: Forever}
	_ = s.follow(c.lifetime, func(response *peer.DeliverResponse) (uint64, bool, error) {
		block := response.GetFilteredBlock()
		if block == nil {
			return 0, false, nil
		}
		c.see(block)
		return block.GetNumber(), true, nil
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = false // the next command begins a new stream
}

func (c *commits) see(block *peer.FilteredBlock) {
	for _, tx := range block.GetFilteredTransactions() {
		c.resolve(Outcome{TxID: tx.GetTxid(), BlockNumber: block.GetNumber(), Code: Code(tx.GetTxValidationCode())})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.height = block.GetNumber() + 1
	close(c.moved)
	c.moved = make(chan struct{})
}

// expect begins to wait for a transaction. It must come before the transaction is sent.
func (c *commits) expect(ctx context.Context, txID string) (<-chan Outcome, error) {
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	outcome := make(chan Outcome, 1)
	c.waiting[txID] = outcome
	return outcome, nil
}

func (c *commits) resolve(outcome Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if waiting, ok := c.waiting[outcome.TxID]; ok {
		waiting <- outcome // there is room for the one outcome
		delete(c.waiting, outcome.TxID)
	}
}

func (c *commits) forget(txID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, txID)
}

// Reach waits until the member's own peer has committed a block. What a command of one member wrote,
// a command through another member's peer can rely on only after that.
func (c *Client) Reach(ctx context.Context, blockNumber uint64) error {
	if err := c.commits.start(ctx); err != nil {
		return err
	}
	for {
		c.commits.mu.Lock()
		height, moved := c.commits.height, c.commits.moved
		c.commits.mu.Unlock()
		if height > blockNumber {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return failed("wait for a block", "", ctx.Err())
		case <-c.commits.lifetime.Done():
			return failed("wait for a block", "", context.Canceled)
		}
	}
}
