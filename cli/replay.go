package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// walk hands every block up to the peer's present height to visit, verified and with private data.
func (s *session) walk(ctx context.Context, c *ledger.Client, visit func(ledger.Block) error) error {
	chain, err := c.Chain(ctx)
	if err != nil {
		return err
	}
	bar := progressbar.NewOptions64(int64(chain.Height),
		progressbar.OptionSetWriter(s.diagnostics),
		progressbar.OptionSetVisibility(s.isWatched()),
		progressbar.OptionSetDescription("reading blocks"),
		progressbar.OptionThrottle(200*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
	for block, err := range c.BlocksWithPrivateData(ctx, 0, chain.Height-1) {
		if err != nil {
			return err
		}
		if err := visit(block); err != nil {
			return err
		}
		_ = bar.Add(1) // a bar that cannot be drawn is no reason to stop
	}
	_ = bar.Finish()
	return nil
}

// place is where a value stands: a key of a collection, or of public state where that is empty.
type place struct{ collection, key string }

func placeOf(c ledger.Change) place { return place{c.Collection, c.Key} }

// replayed is the state that a replay ended with.
type replayed struct {
	latest map[place]ledger.Change
	order  []place // as they were first written
}

// replay folds the blocks and keeps the latest value of every key with one of the prefixes. Each
// change passes by seen, where that is given.
func (s *session) replay(ctx context.Context, c *ledger.Client, seen func(ledger.Change), prefixes ...string) (*replayed, error) {
	r := &replayed{latest: map[place]ledger.Change{}}
	missing := 0
	err := s.walk(ctx, c, func(block ledger.Block) error {
		missing += len(block.Missing())
		for _, change := range block.Changes(c.Profile().Chaincode) {
			if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(change.Key, prefix) }) {
				continue
			}
			r.fold(change)
			if seen != nil {
				seen(change)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if missing > 0 {
		fmt.Fprintf(s.diagnostics, "tally: the peer of %s misses %d private values: what is shown may be old: ask again later, or another holder\n",
			c.Profile().Member, missing)
	}
	return r, nil
}

func (r *replayed) fold(change ledger.Change) {
	at := placeOf(change)
	if _, known := r.latest[at]; !known {
		r.order = append(r.order, at)
	}
	r.latest[at] = change
}

// under lists the places with a prefix that hold a value, as they were first written.
func (r *replayed) under(prefix string) []place {
	var found []place
	for _, at := range r.order {
		if strings.HasPrefix(at.key, prefix) && !r.latest[at].Delete {
			found = append(found, at)
		}
	}
	return found
}

// find answers the one place that a person names: by a handle, the beginning of one, or a loan's id.
func (r *replayed) find(what, prefix, named string) (place, error) {
	wanted, member := named, ""
	if _, platform, handle, ok := wire.SplitLoanID(named); ok {
		wanted, member = handle, platform
	}
	var found []place
	for _, at := range r.under(prefix) {
		if strings.HasPrefix(strings.TrimPrefix(at.key, prefix), wanted) && strings.HasPrefix(at.collection, member) && wanted != "" {
			found = append(found, at)
		}
	}
	switch len(found) {
	case 0:
		return place{}, fmt.Errorf("find %s %s: this member's peer holds none: check the handle, or ask as a member that holds it", what, named)
	case 1:
		return found[0], nil
	}
	return place{}, misused("%s %s is not one alone: %d begin so: give more of the handle", what, named, len(found))
}

// record decodes a record's latest version.
func record[S, E any](r *replayed, at place) (wire.Record[S, E], error) {
	return decode[wire.Record[S, E]](r.latest[at])
}

func decode[T any](change ledger.Change) (T, error) {
	var value T
	if err := json.Unmarshal(change.Value, &value); err != nil {
		return value, fmt.Errorf("decode %s as transaction %s wrote it: %w: use the tally of the network's release", change.Key, change.TxID, err)
	}
	return value, nil
}

// written is one version of a record, with the transaction that wrote it.
type written[S, E any] struct {
	Change ledger.Change     `json:"-"`
	Record wire.Record[S, E] `json:"record"`
}

// versions collects every version of the records with a prefix, by place.
func versions[S, E any](prefix string, failed *error) (map[place][]written[S, E], func(ledger.Change)) {
	all := map[place][]written[S, E]{}
	return all, func(change ledger.Change) {
		if !strings.HasPrefix(change.Key, prefix) || change.Delete {
			return
		}
		version, err := decode[wire.Record[S, E]](change)
		if err != nil && *failed == nil {
			*failed = err
		}
		all[placeOf(change)] = append(all[placeOf(change)], written[S, E]{change, version})
	}
}
