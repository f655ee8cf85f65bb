package main

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/wire"
)

// logbook is one member's evidence as the blocks brought it.
type logbook struct {
	entries []wire.Anchored
	state   evidence.LogState
}

// noteEntry keeps an anchored digest.
func (f *follower) noteEntry(raw []byte) error {
	var anchored wire.Anchored
	if err := json.Unmarshal(raw, &anchored); err != nil {
		return fmt.Errorf("read an evidence entry: %w", err)
	}
	log := f.log(anchored.Member)
	log.entries = append(log.entries, anchored)
	return nil
}

// noteLog keeps what the ledger says of a log: its size and its root.
func (f *follower) noteLog(raw []byte) error {
	var record wire.Record[evidence.LogState, evidence.Event]
	if err := json.Unmarshal(raw, &record); err != nil {
		return fmt.Errorf("read an evidence log: %w", err)
	}
	f.log(record.State.Member).state = record.State
	return nil
}

// log finds a member's logbook, or begins it.
func (f *follower) log(member string) *logbook {
	if f.logs[member] == nil {
		f.logs[member] = &logbook{}
	}
	return f.logs[member]
}

// verify proves each agreement document of a platform offline: its digest is an entry of the log, and
// the entry is included under the root that the ledger holds. It answers how many documents passed.
func (f *follower) verify(b *book) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	log := f.log(b.platform.Profile.Member)
	sort.Slice(log.entries, func(i, j int) bool { return log.entries[i].Index < log.entries[j].Index })
	tree := evidence.NewTree(nil)
	index := map[string]wire.Anchored{}
	for _, e := range log.entries {
		tree.Append(e.Entry.LeafHash())
		index[e.Entry.Digest] = e
	}
	root, err := tree.Root(tree.Size())
	if err != nil {
		return 0, err
	}
	if log.state.Size != tree.Size() || log.state.Root != root {
		return 0, fmt.Errorf("the entries of %s do not give the root on the ledger", log.state.Member)
	}
	verified := 0
	for _, l := range b.open() {
		anchored, found := index[wire.Digest(l.document)]
		if !found {
			continue
		}
		receipt, err := tree.Receipt(b.platform.Profile.Channel+"/"+log.state.Member, anchored.Entry, anchored.Index, tree.Size())
		if err != nil {
			return verified, err
		}
		if receipt.Verify() == nil && receipt.Root == log.state.Root {
			verified++
		}
	}
	return verified, nil
}
