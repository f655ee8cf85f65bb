package e2e_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// auditor reads every block with the auditor's certificate at the regulator's peer, and re-executes it
// as it comes. It stops at the first thing that is wrong.
type auditor struct {
	client *ledger.Client

	mu      sync.Mutex
	arrived *sync.Cond
	next    uint64 // the first block not yet seen
	failed  error
	books   *books.Auditor
	latest  map[string]string // collection and key → the SHA-256 of the value that stands there
}

// newAuditor begins at the first block and goes on in the background as long as the process lives.
func newAuditor(client *ledger.Client) *auditor {
	a := &auditor{client: client, books: books.New(), latest: map[string]string{}}
	a.arrived = sync.NewCond(&a.mu)
	go a.read()
	return a
}

func (a *auditor) read() {
	for block, err := range a.client.BlocksWithPrivateData(context.Background(), 0, ledger.Forever) {
		if !a.take(block, err) {
			return
		}
	}
}

// take re-executes a block, and reports whether the next one is wanted.
func (a *auditor) take(block ledger.Block, err error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.arrived.Broadcast()
	if err == nil {
		err = a.replay(block)
	}
	if a.failed = err; err == nil {
		a.next = block.Number + 1
	}
	return err == nil
}

func (a *auditor) replay(block ledger.Block) error {
	if missing := block.Missing(); len(missing) > 0 {
		return fmt.Errorf("block %d: the regulator's peer lacks %d private values", block.Number, len(missing))
	}
	byTx := map[string][]books.Write{}
	for _, change := range block.Changes(a.client.Profile().Chaincode) {
		byTx[change.TxID] = append(byTx[change.TxID], books.Write{Collection: change.Collection, Key: change.Key, Value: change.Value})
		sum := sha256.Sum256(change.Value)
		a.latest[change.Collection+" "+change.Key] = hex.EncodeToString(sum[:])
	}
	for _, tx := range block.Transactions {
		creator := books.Creator{MSPID: tx.Creator.MSPID, Role: party.Role(tx.Creator.Role)}
		if err := a.books.Transaction(tx.ID, creator, byTx[tx.ID]); err != nil {
			return err
		}
		delete(byTx, tx.ID) // a second copy of the transaction wrote nothing
	}
	s := a.books.Summary()
	if out := s.DistributedMinor + s.FeesMinor + s.RefundsMinor + s.SuspenseMinor; s.TrialBalance != 0 || s.CollectedMinor != out {
		return fmt.Errorf("block %d: collected %d and accounted for %d; the trial balance is %d", block.Number, s.CollectedMinor, out, s.TrialBalance)
	}
	return nil
}

// reach waits until a block was re-executed.
func (a *auditor) reach(ctx context.Context, block uint64) error {
	stop := context.AfterFunc(ctx, a.arrived.Broadcast)
	defer stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.failed == nil && a.next <= block && ctx.Err() == nil {
		a.arrived.Wait()
	}
	if a.failed != nil {
		return a.failed
	}
	return context.Cause(ctx)
}

// finding is the first thing that was wrong, if anything was.
func (a *auditor) finding() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

// digest stands for everything that is on the ledger, private values included.
func (a *auditor) digest() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(a.latest)) {
		fmt.Fprintln(sum, name, a.latest[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func (a *auditor) summary() books.Summary {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.books.Summary()
}

// checkBooks waits until everything that any peer has committed was re-executed.
func (c *consortium) checkBooks(t testing.TB) {
	t.Helper()
	for _, height := range c.heights(t) {
		c.settled(t, height-1)
	}
}
