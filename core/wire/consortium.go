package wire

import (
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
)

// Member is one organisation of the consortium: an item of Consortium:Bootstrap and of
// Consortium:Register. MSPID is how Fabric knows it. Roots are the fingerprints of the root certificates of
// its authority of identities: what its staff approves is verified against them.
type Member struct {
	ID    string           `json:"id"`
	Name  string           `json:"name"`
	Kind  party.MemberKind `json:"kind"`
	MSPID string           `json:"msp_id"`
	Roots []string         `json:"ca_roots"`
}

// ReRooted reports whether this is the member that it was before in everything but its roots, which are others.
func (m Member) ReRooted(before Member) bool {
	same := m.ID == before.ID && m.Name == before.Name && m.Kind == before.Kind && m.MSPID == before.MSPID
	return same && !slices.Equal(m.Roots, before.Roots)
}

// MemberEntry is the value under MemberKey, written again only when the member's authority gets a new root.
type MemberEntry struct {
	Version int `json:"version"`
	Member
}

// Root is the value of a root key: what counts, in the order in which it was listed. An entry counts
// only as long as its digest is the listed one, so whoever can write the entry alone changes nothing.
type Root struct {
	Version int      `json:"version"`
	Listed  []Listed `json:"listed"`
}

// Listed names an entry by its id and the digest of what was agreed.
type Listed struct {
	ID     string `json:"id"`
	Digest string `json:"digest"`
}

// Find answers the digest under which an id is listed, and false when it is not.
func (r Root) Find(id string) (digest string, listed bool) {
	for _, l := range r.Listed {
		if l.ID == id {
			return l.Digest, true
		}
	}
	return "", false
}

// MemberDigest is the digest of a member's entry, as RootMembers lists it.
func MemberDigest(m MemberEntry) (string, error) { return digestOf(m) }

// PackDigest is the digest of a pack as RootRegimes lists it: of what was proposed, without the
// approvals, which may go on after the pack was adopted, and without its retirement.
func PackDigest(p regime.Pack) (string, error) {
	p.Approvals, p.Until = nil, 0
	return digestOf(p)
}

// FoundersDigest is the SHA-256 of who may found the consortium: id, kind, MSP id and roots of each member,
// each text ended by a zero byte, in the order of the ids. Each member gives it to its own chaincode process, so
// no member can declare itself the regulator. The names for people are not in it: nothing goes by them.
func FoundersDigest(members []Member) string {
	byID := slices.SortedFunc(slices.Values(members), func(a, b Member) int { return strings.Compare(a.ID, b.ID) })
	var text []byte
	for _, m := range byID {
		for _, field := range append([]string{m.ID, string(m.Kind), m.MSPID}, m.Roots...) {
			text = append(append(text, field...), 0)
		}
	}
	return Digest(text)
}

func digestOf(v any) (string, error) {
	raw, err := Encode(v)
	if err != nil {
		return "", err
	}
	return Digest(raw), nil
}

// ProposedRegime is an item of Consortium:ProposeRegime. Who proposes is the certificate's business.
type ProposedRegime struct {
	ID            string        `json:"id"`
	Title         string        `json:"title"`
	Source        string        `json:"source"`
	EffectiveFrom calendar.Date `json:"effective_from"`
	AppliesTo     string        `json:"applies_to"`
	Rules         regime.Rules  `json:"rules,omitzero"`
	// Reporting stands in place of Rules in a pack that applies to reports.
	Reporting *regime.Reporting `json:"reporting,omitempty"`
}

// Pack is the proposal as core/regime decides on it.
func (p ProposedRegime) Pack() regime.Pack {
	return regime.Pack{
		ID: p.ID, Title: p.Title, Source: p.Source,
		EffectiveFrom: p.EffectiveFrom, AppliesTo: p.AppliesTo, Rules: p.Rules, Reporting: p.Reporting,
	}
}

// CheckFourEyes refuses a proposal that wants a second person for a function that is not on the list of those
// for which a regime may.
func (p ProposedRegime) CheckFourEyes() error {
	for _, name := range p.Rules.FourEyes {
		if !slices.Contains(fourEyes, name) {
			return fault.In(fault.InvalidField, "rules.four_eyes")
		}
	}
	return nil
}

// ApprovedRegime is an item of Consortium:ApproveRegime. It names the digest of what was read, so that
// nobody approves another text than the one they saw.
type ApprovedRegime struct {
	ID     string `json:"id"`
	Digest string `json:"digest"`
}

// RetiredRegime is an item of Consortium:RetireRegime: the last day on which new business may begin.
type RetiredRegime struct {
	ID    string        `json:"id"`
	Until calendar.Date `json:"until"`
}

// PlatformOrder is an item of Consortium:FreezePlatform and of Consortium:ReleasePlatform: the
// regulator's order, by its number. A release names the order that it lifts.
type PlatformOrder struct {
	Platform string `json:"platform"`
	Order    string `json:"order"`
}

// PlatformFreeze is the supervisory freeze of a whole platform, in force from Since until Released.
type PlatformFreeze struct {
	Platform string        `json:"platform"`
	Order    string        `json:"order"`
	By       string        `json:"by"`
	Since    calendar.Date `json:"since"`
	Released calendar.Date `json:"released,omitempty"`
}

// InForce reports whether the platform may start no new business.
func (f PlatformFreeze) InForce() bool { return f.Order != "" && f.Released.IsZero() }

// The kinds of PlatformEvent.
const (
	PlatformFrozen   = "frozen"
	PlatformReleased = "released"
)

// PlatformEvent is one step of a platform's freeze.
type PlatformEvent struct {
	Kind     string        `json:"kind"` // PlatformFrozen or PlatformReleased
	Platform string        `json:"platform"`
	Order    string        `json:"order"`
	By       string        `json:"by"`
	On       calendar.Date `json:"on"`
}

// Apply folds an event into a platform's freeze.
func (f PlatformFreeze) Apply(e PlatformEvent) PlatformFreeze {
	switch e.Kind {
	case PlatformFrozen:
		return PlatformFreeze{Platform: e.Platform, Order: e.Order, By: e.By, Since: e.On}
	case PlatformReleased:
		f.Released = e.On
	}
	return f
}
