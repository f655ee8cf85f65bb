package pseudonym

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Ledger is the read model as key holders look at it: parties, and, where the member holds the collection
// of exposures, the links and what follows them.
type Ledger struct {
	model *projection.Model
	reach func(ctx context.Context, block uint64) error
}

// NewLedger reads the member's read model. Reach waits until a block has been folded into it.
func NewLedger(model *projection.Model, reach func(ctx context.Context, block uint64) error) *Ledger {
	return &Ledger{model, reach}
}

// Reach waits until a block has been folded.
func (l *Ledger) Reach(ctx context.Context, block uint64) error { return l.reach(ctx, block) }

// Party answers a party as the ledger has it.
func (l *Ledger) Party(ctx context.Context, collection, handle string) (party.State, bool, error) {
	held, err := l.model.Party(ctx, collection, handle)
	if missing(err) {
		return party.State{}, false, nil
	}
	return held.State, err == nil, err
}

func missing(err error) bool { return errors.Is(err, fault.New(fault.NotFound)) }

// Link answers the pseudonym that a party was linked to, and the one that has followed it by now.
func (l *Ledger) Link(ctx context.Context, handle string) (linked, now string, found bool, err error) {
	link, err := l.model.Link(ctx, handle)
	switch {
	case missing(err):
		return "", "", false, nil
	case err != nil:
		return "", "", false, err
	}
	now, err = l.Follow(ctx, link.State.Pseudonym)
	return link.State.Pseudonym, now, err == nil, err
}

// Follow walks from a pseudonym to its last successor.
func (l *Ledger) Follow(ctx context.Context, pseudonym string) (string, error) {
	for range wire.LongestSuccession {
		held, err := l.model.Exposure(ctx, pseudonym)
		switch {
		case missing(err):
			return pseudonym, nil // nothing was ever reserved under it
		case err != nil:
			return "", err
		case held.State.Successor == "":
			return pseudonym, nil
		}
		pseudonym = held.State.Successor
	}
	return "", fmt.Errorf("follow a pseudonym: %w", fault.In(fault.Internal, "successor"))
}

// Linked lists the linked parties of a custodian.
func (l *Ledger) Linked(ctx context.Context, custodian string) ([]Application, error) {
	linked := map[string]bool{}
	for link, err := range projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Held[wire.Link]], error) {
		return l.model.Links(ctx, projection.LinkFilter{}, page)
	}) {
		if err != nil {
			return nil, err
		}
		linked[link.State.Party] = true
	}
	var list []Application
	for held, err := range projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Held[party.State]], error) {
		return l.model.Parties(ctx, projection.PartyFilter{}, page)
	}) {
		if err != nil {
			return nil, err
		}
		if s := held.State; s.Custodian == custodian && linked[s.Handle] {
			list = append(list, Application{held.Collection, s.Handle})
		}
	}
	return list, nil
}
