package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// follower reads every block at the regulator's peer, with the private data, and re-executes it while
// the story goes on. It is where the demo learns what the ledger says, and it ends the demo at the
// first thing that is wrong.
type follower struct {
	client *ledger.Client
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	arrived  *sync.Cond
	next     uint64 // the first block not yet seen
	failed   error
	auditor  *books.Auditor
	open     map[string]custody.Instruction // by collection and handle: payouts, fees and refunds to do
	suspense map[string]custody.Suspense    // by collection and handle: not yet placed
	days     map[string]custody.Day
	logs     map[string]*logbook // a member's evidence
}

// follow starts reading from the first block.
func follow(ctx context.Context, c *scenario.Cast) (*follower, error) {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{
		client: c.Regulator.Peer, cancel: cancel, done: make(chan struct{}), auditor: books.New(),
		open: map[string]custody.Instruction{}, suspense: map[string]custody.Suspense{},
		days: map[string]custody.Day{}, logs: map[string]*logbook{},
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

// remember keeps what the custodian works on: open payouts and suspended receipts.
func (f *follower) remember(c ledger.Change) error {
	id := c.Collection + "/" + c.Key
	switch {
	case strings.HasPrefix(c.Key, "evidence/") && strings.HasSuffix(c.Key, "/log"):
		return f.noteLog(c.Value)
	case strings.HasPrefix(c.Key, "evidence/"):
		return f.noteEntry(c.Value)
	case strings.HasPrefix(c.Key, wire.InstructionKey("")):
		var record wire.Record[custody.Instruction, custody.Event]
		if err := json.Unmarshal(c.Value, &record); err != nil {
			return err
		}
		delete(f.open, id)
		switch i := record.State; i.Kind {
		case custody.PayOut, custody.Fee, custody.Refund:
			if i.Status == custody.Instructed || i.Status == custody.Accepted {
				f.open[id] = i
			}
		}
	case strings.HasPrefix(c.Key, wire.SuspenseKey("")):
		var record wire.Record[custody.Suspense, custody.SuspenseEvent]
		if err := json.Unmarshal(c.Value, &record); err != nil {
			return err
		}
		delete(f.suspense, id)
		if record.State.Open() {
			f.suspense[id] = record.State
		}
	case strings.HasPrefix(c.Key, wire.DayKey("")):
		var record wire.Record[custody.Day, json.RawMessage]
		if err := json.Unmarshal(c.Value, &record); err != nil {
			return err
		}
		f.days[record.State.Custodian] = record.State
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

// loan answers a loan as the re-execution has it.
func (f *follower) loan(collection, id string) loan.State {
	_, _, h, _ := wire.SplitLoanID(id)
	f.mu.Lock()
	defer f.mu.Unlock()
	state, _ := f.auditor.Loan(collection, h)
	return state
}

// payouts lists what a collection's custodian has to pay.
func (f *follower) payouts(collection string) []custody.Instruction {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []custody.Instruction
	for id, i := range f.open {
		if strings.HasPrefix(id, collection+"/") {
			list = append(list, i)
		}
	}
	return list
}

// suspended lists what a collection's custodian could not place.
func (f *follower) suspended(collection string) []custody.Suspense {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []custody.Suspense
	for id, s := range f.suspense {
		if strings.HasPrefix(id, collection+"/") {
			list = append(list, s)
		}
	}
	return list
}

// day answers a custodian's business day, and whether it ever opened one.
func (f *follower) day(custodian string) custody.Day {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.days[custodian]
}
