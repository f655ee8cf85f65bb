package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// intake is one block as the reading side hands it to the folding side: decoded as far as that is possible
// without knowing what came before, which is the half of the work that a second processor can do.
type intake struct {
	number         uint64
	hash, previous string
	steps          []step
	err            error // why reading ended here: a *Finding, or what the source answered
}

// step is one change, decoded, and how it is folded.
type step struct {
	change ledger.Change
	stage  int
	fold   func(ctx context.Context, b *batch) error
}

// decoder makes a step's fold of a change.
type decoder func(c ledger.Change) (func(ctx context.Context, b *batch) error, error)

// readAhead is how many blocks may wait, decoded, while others are written.
const readAhead = 128

// read decodes blocks until one is wrong, the last is reached or the context ends, and closes the channel.
func (p *Projection) read(ctx context.Context, from, last uint64) <-chan intake {
	blocks := make(chan intake, readAhead)
	go func() {
		defer close(blocks)
		send := func(in intake) bool {
			select {
			case blocks <- in:
				return in.err == nil
			case <-ctx.Done():
				return false
			}
		}
		for block, err := range p.source.BlocksWithPrivateData(ctx, from, last) {
			in := intake{err: unreadable(err)}
			if err == nil {
				in = take(block, p.source.Profile().Chaincode)
			}
			if !send(in) {
				return
			}
		}
	}()
	return blocks
}

// unreadable makes a finding of what the source says was tampered with.
func unreadable(err error) error {
	var tampered *ledger.Tampered
	if errors.As(err, &tampered) {
		return &Finding{Kind: Tampered, Block: tampered.Block, TxID: tampered.TxID, What: tampered.What}
	}
	if err != nil {
		return fmt.Errorf("read blocks for the read model: %w", err)
	}
	return nil
}

// take decodes one block. Transactions that are not valid change nothing and are passed over.
func take(block ledger.Block, chaincode string) intake {
	in := intake{number: block.Number, hash: block.Hash, previous: block.PreviousHash}
	for _, tx := range block.Transactions {
		if len(tx.Missing) > 0 {
			h := tx.Missing[0]
			in.err = &Finding{
				Kind: Missing, Block: block.Number, TxID: tx.ID, Collection: h.Collection,
				What: fmt.Sprintf("the peer gave no private data for %d hashes, the first %s", len(tx.Missing), h.KeyHash),
			}
			return in
		}
	}
	for _, change := range block.Changes(chaincode) {
		s, known, err := decode(change)
		if err != nil {
			in.err = found(change, err)
			return in
		}
		if known {
			in.steps = append(in.steps, s)
		}
	}
	in.order()
	return in
}

// order puts what a record refers to before the record, within each transaction, and gives the changes of
// one transaction an order that does not depend on the peer.
func (in *intake) order() {
	position := make(map[string]int, len(in.steps))
	for i, s := range in.steps {
		if _, seen := position[s.change.TxID]; !seen {
			position[s.change.TxID] = i
		}
	}
	slices.SortStableFunc(in.steps, func(x, y step) int {
		return cmp.Or(
			cmp.Compare(position[x.change.TxID], position[y.change.TxID]), cmp.Compare(x.stage, y.stage),
			strings.Compare(x.change.Collection, y.change.Collection), strings.Compare(x.change.Key, y.change.Key),
		)
	})
}

// decode finds the kind of a change's key. Answers to requests are no part of the model.
func decode(c ledger.Change) (s step, known bool, err error) {
	if strings.HasPrefix(c.Key, requestPrefix) {
		return step{}, false, nil
	}
	for i, k := range kinds() {
		if !k.match(c.Key) {
			continue
		}
		switch {
		case c.Delete:
			return step{}, false, malformed("the value was deleted, which no contract does")
		case scopeOf(c.Collection) != k.scope:
			return step{}, false, malformed("no such key stands in this collection")
		}
		fold, err := k.decode(c)
		return step{change: c, stage: i, fold: fold}, true, err
	}
	return step{}, false, malformed("no kind of key that this release knows")
}
