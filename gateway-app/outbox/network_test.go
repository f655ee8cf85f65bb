package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

// The points at which a process can be killed: on either side of every call of the ledger. The writes of
// the outbox lie between them, and are atomic.
const (
	beforePrepare = "before prepare"
	afterPrepare  = "after prepare, before the envelope is kept"
	beforeOrder   = "the envelope is kept, before it is ordered"
	afterOrder    = "ordered, before the verdict is known"
	beforeVerdict = "the verdict is known, before it is kept"
	beforeLookUp  = "before a look-up"
	afterLookUp   = "after a look-up"
)

var points = []string{beforePrepare, afterPrepare, beforeOrder, afterOrder, beforeVerdict, beforeLookUp, afterLookUp}

// network is a ledger in memory that outlives the processes that use it. It keeps versioned keys, checks
// what a transaction read when it commits it, and remembers request ids as the contracts do. Applying an
// item has no other guard, so an item that is applied twice is counted twice.
type network struct {
	mu       sync.Mutex
	txs      int
	height   uint64
	versions map[string]int
	answers  map[string]wire.Answer // by request id
	outcomes map[string]ledger.Outcome
	applied  map[string]int   // by item
	history  map[string][]int // by key: the numbers of the items applied to it, in order
	sizes    []int            // of committed requests, in items
	slow     time.Duration    // between order and verdict
	at       func(ctx context.Context, point string) error
	disturb  func(request wire.Request[item]) error // what endorsing answers instead
	verdict  func(request wire.Request[item]) ledger.Code
	underway map[string]int // by key
	overlaps int            // times a key was touched by two transactions at once
	parallel int            // the most transactions under way at once
	active   int
}

// item adds a number to a key.
type item struct {
	Name   string `json:"name"`
	Key    string `json:"key"`
	Number int    `json:"number"`
	Bad    bool   `json:"bad,omitempty"`
}

func newNetwork() *network {
	return &network{
		height: 10, versions: map[string]int{}, answers: map[string]wire.Answer{}, outcomes: map[string]ledger.Outcome{},
		applied: map[string]int{}, history: map[string][]int{}, underway: map[string]int{},
		at: func(context.Context, string) error { return nil },
	}
}

func (n *network) dial(context.Context, string) (outbox.Ledger, error) { return n, nil }

// envelope is a transaction with what it read.
type envelope struct {
	ID       string
	Function string
	Request  wire.Request[item]
	Answer   wire.Answer
	Reads    map[string]int
	Recalled bool
	restored bool
}

func (e *envelope) TxID() string           { return e.ID }
func (e *envelope) Bytes() ([]byte, error) { return json.Marshal(e) }

func (n *network) Restore(raw []byte) (outbox.Envelope, error) {
	e := &envelope{restored: true}
	return e, json.Unmarshal(raw, e)
}

func (n *network) Height(context.Context) (uint64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.height, nil
}

func (n *network) Prepare(ctx context.Context, function string, body []byte) (outbox.Envelope, error) {
	if err := n.at(ctx, beforePrepare); err != nil {
		return nil, err
	}
	e, err := n.endorse(function, body)
	if err != nil {
		return nil, err
	}
	return e, n.at(ctx, afterPrepare)
}

func (n *network) endorse(function string, body []byte) (*envelope, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.txs++
	e := &envelope{ID: fmt.Sprintf("tx-%d", n.txs), Function: function, Reads: map[string]int{}}
	if err := json.Unmarshal(body, &e.Request); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	memory := "request " + e.Request.ID
	e.Reads[memory] = n.versions[memory]
	if answer, known := n.answers[e.Request.ID]; known {
		e.Answer, e.Recalled = answer, true
		return e, nil
	}
	if n.disturb != nil {
		if err := n.disturb(e.Request); err != nil {
			return nil, err
		}
	}
	e.Answer.Version = wire.Version
	for i, each := range e.Request.Items {
		if each.Bad {
			refusal := fault.In(fault.InvalidField, "number").At(i)
			if e.Request.Mode == wire.Atomic {
				return nil, refusal
			}
			e.Answer.Refused = append(e.Answer.Refused, refusal)
			continue
		}
		e.Reads[each.Key] = n.versions[each.Key]
		e.Answer.Applied++
	}
	if e.Answer.Applied == 0 {
		return nil, e.Answer.Refused[0]
	}
	return e, nil
}

func (n *network) Settle(ctx context.Context, sent outbox.Envelope) (ledger.Result, error) {
	e := sent.(*envelope)
	if e.restored {
		outcome, err := n.Outcome(ctx, e.ID)
		if err == nil {
			return n.result(e, outcome)
		}
		if !errors.Is(err, fault.New(fault.NotFound)) {
			return ledger.Result{}, fault.New(fault.OutcomeUnknown)
		}
	}
	if err := n.at(ctx, beforeOrder); err != nil {
		return ledger.Result{}, err
	}
	n.begin(e)
	time.Sleep(n.slow)
	outcome := n.commit(e)
	if err := n.at(ctx, afterOrder); err != nil {
		return ledger.Result{}, err
	}
	result, verdict := n.result(e, outcome)
	if err := n.at(ctx, beforeVerdict); err != nil {
		return ledger.Result{}, err
	}
	return result, verdict
}

func (n *network) begin(e *envelope) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.active++
	n.parallel = max(n.parallel, n.active)
	for _, each := range e.Request.Items {
		if n.underway[each.Key]++; n.underway[each.Key] > 1 {
			n.overlaps++
		}
	}
}

// commit orders a transaction into a block of its own. What was ordered before is ordered once.
func (n *network) commit(e *envelope) ledger.Outcome {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.active--
	for _, each := range e.Request.Items {
		n.underway[each.Key]--
	}
	if outcome, known := n.outcomes[e.ID]; known {
		return outcome
	}
	outcome := ledger.Outcome{TxID: e.ID, BlockNumber: n.height, Code: ledger.Valid}
	n.height++
	if n.verdict != nil {
		outcome.Code = n.verdict(e.Request)
	}
	for key, version := range e.Reads {
		if n.versions[key] != version {
			outcome.Code = ledger.Code(peer.TxValidationCode_MVCC_READ_CONFLICT)
		}
	}
	if n.outcomes[e.ID] = outcome; outcome.Code.Valid() && !e.Recalled {
		n.apply(e)
	}
	return outcome
}

func (n *network) apply(e *envelope) {
	n.sizes = append(n.sizes, len(e.Request.Items))
	n.answers[e.Request.ID] = e.Answer
	n.versions["request "+e.Request.ID]++
	for _, each := range e.Request.Items {
		if each.Bad {
			continue
		}
		n.applied[each.Name]++
		n.versions[each.Key]++
		n.history[each.Key] = append(n.history[each.Key], each.Number)
	}
}

func (n *network) result(e *envelope, outcome ledger.Outcome) (ledger.Result, error) {
	result := ledger.Result{TxID: e.ID, BlockNumber: outcome.BlockNumber, Code: outcome.Code}
	switch {
	case outcome.Code.Valid():
		result.Answer = e.Answer
		return result, nil
	case outcome.Code == ledger.Code(peer.TxValidationCode_MVCC_READ_CONFLICT):
		return result, fault.New(fault.Conflict)
	}
	return result, fault.New(fault.PolicyNotMet)
}

func (n *network) Outcome(ctx context.Context, txID string) (ledger.Outcome, error) {
	if err := n.at(ctx, beforeLookUp); err != nil {
		return ledger.Outcome{}, err
	}
	n.mu.Lock()
	outcome, known := n.outcomes[txID]
	n.mu.Unlock()
	if err := n.at(ctx, afterLookUp); err != nil {
		return ledger.Outcome{}, err
	}
	if !known {
		return ledger.Outcome{}, fault.New(fault.NotFound)
	}
	return outcome, nil
}

// killer kills a process at one occurrence of a point: the call that is under way never comes back to it.
type killer struct {
	mu    sync.Mutex
	point string
	after int
	kill  context.CancelFunc
}

var errKilled = errors.New("killed")

func (k *killer) at(ctx context.Context, point string) error {
	k.mu.Lock()
	if ctx.Err() == nil && point == k.point {
		if k.after--; k.after == 0 {
			k.kill()
		}
	}
	k.mu.Unlock()
	if ctx.Err() != nil {
		return errKilled
	}
	return nil
}

// flaky answers with trouble now and then, at every point: before and after things happened.
func flaky(seed uint64, share float64) func(context.Context, string) error {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	troubles := []fault.Code{fault.Unavailable, fault.Busy, fault.OutcomeUnknown, fault.Conflict, fault.EndorsementRefused}
	return func(ctx context.Context, point string) error {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil {
			return errKilled
		}
		if random.Float64() >= share {
			return nil
		}
		switch point {
		case beforePrepare, afterPrepare:
			return fault.New(troubles[random.IntN(len(troubles))])
		}
		return fault.New(fault.OutcomeUnknown)
	}
}

// unavailableFor makes the endorsers of one key silent.
func unavailableFor(key string) func(wire.Request[item]) error {
	return func(request wire.Request[item]) error {
		for _, each := range request.Items {
			if each.Key == key {
				return fault.New(fault.Unavailable)
			}
		}
		return nil
	}
}
