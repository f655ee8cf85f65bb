package projection

import (
	"context"
	"errors"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// Member is a member as it was entered. It counts only while the root key lists it as it stands.
type Member struct {
	Held[wire.MemberEntry]
	Listed bool `json:"listed"`
}

// Members lists the consortium in the order in which its members were entered.
func (m *Model) Members(ctx context.Context, page Page) (List[Member], error) {
	root, err := m.root(ctx, wire.RootMembers)
	if err != nil {
		return List[Member]{}, err
	}
	q := values(members.table)
	q.columns += ", t.digest"
	return list(ctx, m, q, page, func(from scanner) (Member, int64, error) {
		var digest string
		h, seq, err := scanHeld[wire.MemberEntry](from, &digest)
		return Member{h, lists(root, h.ID, digest)}, seq, err
	})
}

// Regime is a pack of rules. It is adopted while the root key lists it as it was proposed.
type Regime struct {
	Held[regime.Pack]
	Digest  string `json:"digest"` // what an approval names
	Adopted bool   `json:"adopted"`
}

func regimeOf(root wire.Root) func(scanner) (Regime, int64, error) {
	return func(from scanner) (Regime, int64, error) {
		var digest string
		h, seq, err := scanHeld[regime.Pack](from, &digest)
		return Regime{h, digest, lists(root, h.ID, digest)}, seq, err
	}
}

// Regimes lists the packs in the order in which they were proposed.
func (m *Model) Regimes(ctx context.Context, page Page) (List[Regime], error) {
	root, err := m.root(ctx, wire.RootRegimes)
	if err != nil {
		return List[Regime]{}, err
	}
	q := records(regimes.table)
	q.columns += ", t.digest"
	return list(ctx, m, q, page, regimeOf(root))
}

// Regime answers a pack by its id.
func (m *Model) Regime(ctx context.Context, id string) (Regime, error) {
	root, err := m.root(ctx, wire.RootRegimes)
	if err != nil {
		return Regime{}, err
	}
	q := records(regimes.table)
	q.columns += ", t.digest"
	return one(ctx, m, under(q, "", id), "regime", regimeOf(root))
}

// root answers a root key's list, which is empty before the consortium was founded.
func (m *Model) root(ctx context.Context, key string) (wire.Root, error) {
	h, err := one(ctx, m, under(values(roots.table), "", key[len(roots.prefix):]), "root", held[wire.Root])
	if errors.Is(err, fault.New(fault.NotFound)) {
		return wire.Root{}, nil
	}
	return h.State, err
}

func lists(root wire.Root, id, digest string) bool {
	listed, ok := root.Find(id)
	return ok && listed == digest
}

// Freezes lists supervisory orders over whole platforms, those in force and those released.
func (m *Model) Freezes(ctx context.Context, page Page) (List[Held[wire.PlatformFreeze]], error) {
	return list(ctx, m, records(freezes.table), page, held[wire.PlatformFreeze])
}

// EvidenceFilter narrows a list of anchored digests. Empty fields ask for nothing.
type EvidenceFilter struct {
	Member string
	Digest string
	Phase  evidence.Phase
}

// EvidenceEntries lists anchored digests in the order of the ledger, which within a member's log is its own.
func (m *Model) EvidenceEntries(ctx context.Context, f EvidenceFilter, page Page) (List[Held[wire.Anchored]], error) {
	q := values(evidenceEntries.table)
	q.equal("t.member", f.Member)
	q.equal("t.digest", f.Digest)
	q.equal("t.phase", string(f.Phase))
	return list(ctx, m, q, page, held[wire.Anchored])
}

// EvidenceLog answers a member's log.
func (m *Model) EvidenceLog(ctx context.Context, member string) (Held[evidence.LogState], error) {
	return one(ctx, m, under(records(evidenceLogs.table), "", member+logSuffix), "member", held[evidence.LogState])
}
