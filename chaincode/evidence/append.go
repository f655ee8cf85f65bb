package evidence

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/wire"
)

// appending gathers the entries of one command, so that they become one event of the log.
type appending struct {
	log      evidence.LogState
	accepted []evidence.Item
}

// prepare reads the log, and in one call every key that the items are looked up under.
func (a *appending) prepare(tx *ledger.Tx, items []evidence.Entry) error {
	member := tx.Actor.Member
	keys := make([]string, 0, 2*len(items)+1)
	for _, e := range items {
		keys = append(keys, wire.EvidenceEntryKey(member, e.Digest))
		if e.Previous != "" {
			keys = append(keys, wire.EvidenceEntryKey(member, e.Previous))
		}
	}
	if err := tx.Prefetch("", append(keys, wire.EvidenceLogKey(member))...); err != nil {
		return err
	}
	var err error
	a.log, _, err = ledger.Load[evidence.LogState](tx, "", wire.EvidenceLogKey(member))
	return err
}

// add accepts one entry if the log, with what was accepted before, would take it alone.
func (a *appending) add(tx *ledger.Tx, e evidence.Entry) error {
	item, err := lookUp(tx, e)
	if err != nil {
		return err
	}
	if _, err := evidence.Decide(a.log, a.command(tx, item)); err != nil {
		return err
	}
	key := wire.EvidenceEntryKey(tx.Actor.Member, e.Digest)
	err = ledger.Put(tx, "", key, wire.Anchored{
		Version:    wire.Version,
		Member:     tx.Actor.Member,
		Index:      a.log.Size + uint64(len(a.accepted)),
		RecordedOn: tx.RecordedOn(),
		Entry:      e,
	})
	if err == nil {
		a.accepted = append(a.accepted, item)
	}
	return err
}

// finish appends what was accepted to the log. The items stand in it as they were looked up: what an
// earlier item of this command appended counts as known, as it does for the decision itself.
func (a *appending) finish(tx *ledger.Tx) error {
	events, err := evidence.Decide(a.log, a.command(tx, a.accepted...))
	if err != nil {
		return err
	}
	log := a.log
	for _, e := range events {
		log = evidence.Apply(log, e)
	}
	return ledger.Save(tx, "", wire.EvidenceLogKey(tx.Actor.Member), log, events)
}

func (a *appending) command(tx *ledger.Tx, items ...evidence.Item) evidence.Append {
	return evidence.Append{Actor: tx.Actor, On: tx.RecordedOn(), Member: tx.Actor.Member, Items: items}
}

// lookUp asks the log of the actor's member for an entry's two digests; it sees what this command has
// appended already.
func lookUp(tx *ledger.Tx, e evidence.Entry) (evidence.Item, error) {
	item := evidence.Item{Entry: e}
	_, present, err := ledger.Get[wire.Anchored](tx, "", wire.EvidenceEntryKey(tx.Actor.Member, e.Digest))
	if err != nil {
		return item, err
	}
	item.Present = present
	if e.Previous == "" {
		return item, nil
	}
	_, item.PreviousKnown, err = ledger.Get[wire.Anchored](tx, "", wire.EvidenceEntryKey(tx.Actor.Member, e.Previous))
	return item, err
}
