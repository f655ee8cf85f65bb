package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// question is how the contract is asked for the records of one kind, as the peer keeps them.
type question struct {
	prefix   string
	function string
	batch    int
	item     func(place) string
	answers  func(place, json.RawMessage) (map[place]json.RawMessage, error)
}

var questions = []question{
	{parties, "Party:Read", 500, place.handle, itself},
	{mandates, "Mandate:Read", 500, place.handle, itself},
	{instructions, "Custody:Read", 500, wholeKey, itself},
	{accounts, "Custody:Read", 500, wholeKey, itself},
	{suspended, "Custody:Read", 500, wholeKey, itself},
	{days, "Custody:ReadDay", 1, place.handle, itself},
	{loans, "Loan:Read", 100, place.handle, threeKeys},
}

func wholeKey(at place) string { return at.key }

func itself(at place, answer json.RawMessage) (map[place]json.RawMessage, error) {
	return map[place]json.RawMessage{at: answer}, nil
}

// threeKeys takes a loan's answer apart into the keys that it was put together from.
func threeKeys(at place, answer json.RawMessage) (map[place]json.RawMessage, error) {
	var view struct {
		Terms   json.RawMessage `json:"terms"`
		Funding json.RawMessage `json:"funding"`
		Record  json.RawMessage `json:"record"`
	}
	if err := json.Unmarshal(answer, &view); err != nil {
		return nil, fmt.Errorf("decode what the peer answers for %s: %w", at.key, err)
	}
	parts := map[place]json.RawMessage{at: view.Record, {at.collection, wire.TermsKey(at.handle())}: view.Terms}
	if view.Funding != nil {
		parts[place{at.collection, wire.FundingKey(at.handle())}] = view.Funding
	}
	return parts, nil
}

// compare holds the values that the replay ended with against the state that the member's peer
// answers with, and counts them. What was written since the replay is left to the next check.
func (e *execution) compare(ctx context.Context, c *ledger.Client) (compared int, err error) {
	var differing []place
	for _, q := range questions {
		count, wrong, err := e.ask(ctx, c, q)
		if err != nil {
			return 0, err
		}
		compared += count
		differing = append(differing, wrong...)
	}
	if len(differing) == 0 {
		return compared, nil
	}
	since, err := changedSince(ctx, c, e.view.Blocks)
	if err != nil {
		return 0, err
	}
	for _, at := range differing {
		if !since[at] {
			return 0, unverified("%s %s: the peer's state is not what transaction %s wrote",
				at.collection, at.key, e.state.latest[at].TxID)
		}
	}
	return compared, nil
}

// ask compares every record of one kind, collection by collection.
func (e *execution) ask(ctx context.Context, c *ledger.Client, q question) (count int, differing []place, err error) {
	byCollection := map[string][]place{}
	var collections []string
	for _, at := range e.state.under(q.prefix) {
		if len(byCollection[at.collection]) == 0 {
			collections = append(collections, at.collection)
		}
		byCollection[at.collection] = append(byCollection[at.collection], at)
	}
	for _, collection := range collections {
		for batch := range slices.Chunk(byCollection[collection], q.batch) {
			compared, wrong, err := e.askBatch(ctx, c, q, collection, batch)
			if err != nil {
				return 0, nil, err
			}
			count += compared
			differing = append(differing, wrong...)
		}
	}
	return count, differing, nil
}

func (e *execution) askBatch(ctx context.Context, c *ledger.Client, q question, collection string, batch []place) (count int, differing []place, err error) {
	items := make([]string, len(batch))
	for i, at := range batch {
		items[i] = q.item(at)
	}
	answers, err := ledger.Read[[]json.RawMessage](ctx, c, q.function, wire.Read{Version: wire.Version, Collection: collection, Items: items})
	if err != nil {
		return 0, nil, err
	}
	if len(answers) != len(batch) {
		return 0, nil, unverified("%s answers %d values for %d", q.function, len(answers), len(batch))
	}
	for i, at := range batch {
		parts, err := q.answers(at, answers[i])
		if err != nil {
			return 0, nil, err
		}
		for part, value := range parts {
			count++
			if !bytes.Equal(compact(value), e.state.latest[part].Value) {
				differing = append(differing, part)
			}
		}
	}
	slices.SortFunc(differing, func(a, b place) int { return strings.Compare(a.key, b.key) })
	return count, differing, nil
}

// changedSince lists what was written from a block on.
func changedSince(ctx context.Context, c *ledger.Client, from uint64) (map[place]bool, error) {
	chain, err := c.Chain(ctx)
	if err != nil {
		return nil, err
	}
	changed := map[place]bool{}
	if chain.Height <= from {
		return changed, nil
	}
	for block, err := range c.BlocksWithPrivateData(ctx, from, chain.Height-1) {
		if err != nil {
			return nil, err
		}
		for _, change := range block.Changes(c.Profile().Chaincode) {
			changed[placeOf(change)] = true
		}
	}
	return changed, nil
}
