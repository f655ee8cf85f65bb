package projection

import (
	"context"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

const (
	evidencePrefix = "evidence/"
	logSuffix      = "/log"
)

func isEvidenceLog(key string) bool {
	return strings.HasPrefix(key, evidencePrefix) && strings.HasSuffix(key, logSuffix)
}

func isEvidenceEntry(key string) bool {
	return strings.HasPrefix(key, evidencePrefix) && strings.Contains(key, "/entry/")
}

// anchoring is what one transaction wrote under the entries of a member, until the log is folded: the two
// must tell of the same entries at the same places.
type anchoring struct {
	member  string
	entries []wire.Anchored
}

func (a anchoring) empty() bool { return len(a.entries) == 0 }

var evidenceEntries = &value[wire.Anchored]{
	prefix: evidencePrefix, table: valueTable("evidence_entry", "member", "digest", "position", "phase", "previous", "recorded_on"),
	version: func(a wire.Anchored) int { return a.Version },
	names: func(c ledger.Change, _ string, a wire.Anchored) error {
		if !wire.IsDigest(a.Entry.Digest) || !party.ValidID(a.Member) || c.Key != wire.EvidenceEntryKey(a.Member, a.Entry.Digest) {
			return malformed("the key is that of another entry than the value names")
		}
		return nil
	},
	columns: func(a wire.Anchored) []any {
		return []any{
			a.Member, a.Entry.Digest, int64(a.Index), plain(string(a.Entry.Phase)), plain(a.Entry.Previous), a.RecordedOn.String(),
		}
	},
	further: func(b *batch, _ string, a wire.Anchored) error {
		if !b.pending.empty() && b.pending.member != a.Member {
			return differs("one transaction anchored in the logs of two members")
		}
		b.pending.member = a.Member
		b.pending.entries = append(b.pending.entries, a)
		return nil
	},
}

var evidenceLogs = &noun[evidence.LogState, evidence.Event]{
	name: "evidence", prefix: evidencePrefix,
	table: recordTable("evidence_log", "size", "root"),
	fresh: func(string) evidence.LogState { return evidence.LogState{} },
	apply: evidence.Apply,
	names: func(_ ledger.Change, id string, s evidence.LogState) error {
		return named(strings.TrimSuffix(id, logSuffix), s.Member)
	},
	about:   func(e evidence.Event) (string, calendar.Date) { return string(e.Kind), e.On },
	columns: func(s evidence.LogState) []any { return []any{int64(s.Size), s.Root.String()} },
	tell: func(_, after evidence.LogState, e evidence.Event) []Notice {
		return []Notice{{"evidence." + string(e.Kind), "", after.Member, Payload{
			Member: after.Member, First: e.First, Count: len(e.Entries), Size: after.Size, Root: after.Root.String(),
		}}}
	},
	further: anchored,
}

// anchored grows the log again from its own compact range, and wants its entries to be those that the same
// transaction wrote under their digests.
func anchored(_ context.Context, b *batch, before, _ evidence.LogState, list []evidence.Event) error {
	pending := b.pending
	b.pending = anchoring{}
	slices.SortFunc(pending.entries, func(x, y wire.Anchored) int { return int(int64(x.Index) - int64(y.Index)) })
	for _, e := range list {
		items := make([]evidence.Item, len(e.Entries))
		for i, entry := range e.Entries {
			items[i] = evidence.Item{Entry: entry, PreviousKnown: true}
			if len(pending.entries) == 0 || pending.entries[0].Entry != entry || pending.entries[0].Index != e.First+uint64(i) {
				return differs("the log tells of other entries than were anchored")
			}
			pending.entries = pending.entries[1:]
		}
		member := party.Actor{Member: e.Member, Role: party.Machine}
		decided, err := evidence.Decide(before, evidence.Append{Actor: member, On: e.On, Member: e.Member, Items: items})
		if err != nil || decided[0].Root != e.Root || decided[0].First != e.First {
			return differs("the log does not grow to the root that was written")
		}
		before = evidence.Apply(before, e)
	}
	if len(pending.entries) > 0 {
		return differs("entries were anchored of which the log does not tell")
	}
	return nil
}
