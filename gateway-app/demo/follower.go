package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// follower reads every block at the regulator's peer, with the private data, and re-executes it while
// the story goes on. It is what the demo's figures are counted by, and it ends the demo at the first thing
// that is wrong.
type follower struct {
	client *ledger.Client
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	arrived *sync.Cond
	next    uint64 // the first block not yet seen
	failed  error
	auditor *books.Auditor
	logs    map[string]*logbook // a member's evidence
}

// follow starts reading from the first block.
func follow(ctx context.Context, c *scenario.Cast) (*follower, error) {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{
		client: c.Regulator.Peer, cancel: cancel, done: make(chan struct{}), auditor: books.New(),
		logs: map[string]*logbook{},
	}
	f.arrived = sync.NewCond(&f.mu)
	go f.read(ctx)
	return f, f.catchUp(ctx)
}

func (f *follower) read(ctx context.Context) {
	defer close(f.done)
	for block, err := range f.client.BlocksWithPrivateData(ctx, 0, ledger.Forever) {
		if err == nil {
			err = f.take(block)
		}
		if err != nil {
			f.mu.Lock()
			f.failed = err
			f.arrived.Broadcast()
			f.mu.Unlock()
			return
		}
	}
}

// take re-executes one block.
func (f *follower) take(block ledger.Block) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if missing := block.Missing(); len(missing) > 0 {
		return fmt.Errorf("block %d: the regulator's peer lacks %d private values", block.Number, len(missing))
	}
	var writes []books.Write
	txID, creator := "", books.Creator{}
	flush := func() error {
		if len(writes) == 0 {
			return nil
		}
		err := f.auditor.Transaction(txID, creator, writes)
		writes = nil
		return err
	}
	for _, change := range block.Changes(f.client.Profile().Chaincode) {
		if change.TxID != txID {
			if err := flush(); err != nil {
				return err
			}
			txID = change.TxID
			creator = books.Creator{MSPID: change.Creator.MSPID, Role: party.Role(change.Creator.Role)}
		}
		writes = append(writes, books.Write{Collection: change.Collection, Key: change.Key, Value: change.Value})
		if err := f.remember(change); err != nil {
			return err
		}
	}
	if err := flush(); err != nil {
		return err
	}
	f.next = block.Number + 1
	f.arrived.Broadcast()
	return nil
}

// remember keeps what the evidence is verified against.
func (f *follower) remember(c ledger.Change) error {
	switch {
	case strings.HasPrefix(c.Key, "evidence/") && strings.HasSuffix(c.Key, "/log"):
		return f.noteLog(c.Value)
	case strings.HasPrefix(c.Key, "evidence/"):
		return f.noteEntry(c.Value)
	}
	return nil
}

// reach waits until a block has been re-executed.
func (f *follower) reach(ctx context.Context, block uint64) error {
	stop := context.AfterFunc(ctx, f.arrived.Broadcast)
	defer stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.failed == nil && f.next <= block && ctx.Err() == nil {
		f.arrived.Wait()
	}
	if f.failed != nil {
		return fmt.Errorf("the re-execution found: %w", f.failed)
	}
	return ctx.Err()
}

// catchUp waits until everything that is committed now has been re-executed.
func (f *follower) catchUp(ctx context.Context) error {
	chain, err := f.client.Chain(ctx)
	if err != nil {
		return err
	}
	return f.reach(ctx, chain.Height-1)
}

func (f *follower) stop() {
	f.cancel()
	<-f.done
}

func (f *follower) summary() books.Summary {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.auditor.Summary()
}
