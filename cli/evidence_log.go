package main

import (
	"context"
	"strings"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// memberLog is a member's log, rebuilt leaf by leaf.
type memberLog struct {
	member  string
	tree    *evidence.Tree
	entries []anchoredEntry
}

type anchoredEntry struct {
	entry  evidence.Entry
	change ledger.Change
}

type memberLogs []*memberLog

// rebuildLogs makes every member's log anew from the entries in the blocks. Roots that the ledger
// wrote are not used.
func (s *session) rebuildLogs(ctx context.Context, c *ledger.Client) (memberLogs, error) {
	var logs memberLogs
	var failed error
	_, err := s.replay(ctx, c, func(change ledger.Change) {
		if failed == nil {
			failed = logs.see(change)
		}
	}, evidenceLogs)
	if err == nil {
		err = failed
	}
	return logs, err
}

// see appends what a change appended, if it is one of a log.
func (l *memberLogs) see(change ledger.Change) error {
	if change.Collection != "" || !strings.HasPrefix(change.Key, evidenceLogs) || !strings.HasSuffix(change.Key, "/log") {
		return nil
	}
	record, err := decode[wire.Record[evidence.LogState, evidence.Event]](change)
	if err != nil {
		return err
	}
	log := l.of(record.State.Member)
	for _, event := range record.Events {
		log.append(event, change)
	}
	return nil
}

func (l *memberLogs) of(member string) *memberLog {
	for _, log := range *l {
		if log.member == member {
			return log
		}
	}
	log := &memberLog{member: member, tree: evidence.NewTree(nil)}
	*l = append(*l, log)
	return log
}

func (l *memberLog) append(event evidence.Event, change ledger.Change) {
	for _, entry := range event.Entries {
		l.tree.Append(entry.LeafHash())
		l.entries = append(l.entries, anchoredEntry{entry, change})
	}
}

func (l memberLogs) holding(digest, member string) (log *memberLog, at int, ok bool) {
	for _, log := range l {
		if !matches(member, log.member) {
			continue
		}
		for i, e := range log.entries {
			if e.entry.Digest == digest {
				return log, i, true
			}
		}
	}
	return nil, 0, false
}

// agrees holds the rebuilt log against the one that the member's peer answers with. The peer may be
// ahead of what was replayed, never otherwise.
func (l *memberLog) agrees(ctx context.Context, c *ledger.Client) error {
	found, err := ledger.Read[[]*wire.Record[evidence.LogState, evidence.Event]](ctx, c, "Evidence:ReadLog",
		wire.Read{Version: wire.Version, Items: []string{l.member}})
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0] == nil {
		return unverified("the peer knows no log of %s, the chain does", l.member)
	}
	root, err := l.tree.Root(l.tree.Size())
	if err != nil {
		return err
	}
	state := found[0].State
	if state.Size == l.tree.Size() && state.Root != root || state.Size < l.tree.Size() {
		return unverified("the log of %s has root %s at %d by the chain's entries, and root %s at %d by the peer's state",
			l.member, root, l.tree.Size(), state.Root, state.Size)
	}
	return nil
}
