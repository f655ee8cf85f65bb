package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// idle is how long one command takes, from its proposal to its commit, when nothing else goes on; in
// order of length.
type idle struct {
	propose []time.Duration // one loan
	create  []time.Duration // one asset
}

// measureIdle alternates the two, each through the peer of the same platform.
func (f *field) measureIdle(ctx context.Context, samples int) (idle, error) {
	var took idle
	b := f.books[0]
	client := f.assets.client(slices.IndexFunc(f.scene.Cast.Members, func(m scenario.Actor) bool {
		return m.Profile.Member == b.platform.Profile.Member
	}))
	for i := range samples + 1 {
		borrower := b.borrowers[i%len(b.borrowers)]
		terms := f.terms(b, borrower, i)
		began := time.Now()
		if err := f.proposeOne(ctx, b, wire.ProposeLoan{Terms: terms}); err != nil {
			return took, fmt.Errorf("propose a loan: %w", err)
		}
		proposed := time.Now()
		if err := client.submit(ctx, "CreateAsset", newAsset(scenario.Handle())); err != nil {
			return took, fmt.Errorf("create an asset: %w", err)
		}
		if i == 0 {
			continue // the first of each opens streams
		}
		took.propose = append(took.propose, proposed.Sub(began))
		took.create = append(took.create, time.Since(proposed))
	}
	slices.Sort(took.propose)
	slices.Sort(took.create)
	return took, nil
}

func (f *field) proposeOne(ctx context.Context, b *book, item wire.ProposeLoan) error {
	batch := scenario.Batch[wire.ProposeLoan]{Function: "Loan:Propose", Collection: b.collection, Items: []wire.ProposeLoan{item}}
	result, err := b.platform.Peer.Submit(ctx, batch.Function, batch.Request())
	if err == nil && result.Answer.Applied != 1 {
		return fault.New(fault.Internal)
	}
	return err
}
