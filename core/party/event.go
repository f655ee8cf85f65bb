package party

import (
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
)

// EventKind names what happened to a party.
type EventKind string

// Everything that can happen to a party.
const (
	Attested         EventKind = "attested"
	AccountVerified  EventKind = "account_verified"
	RenewalProposed  EventKind = "renewal_proposed"
	Renewed          EventKind = "renewed"
	KeyRotated       EventKind = "key_rotated"
	Revoked          EventKind = "revoked"
	Frozen           EventKind = "frozen"
	Released         EventKind = "released"
	ConsentGiven     EventKind = "consent_given"
	ConsentWithdrawn EventKind = "consent_withdrawn"
)

// Event is one fact about a party; beside the first five fields it carries what its kind needs.
type Event struct {
	Kind          EventKind     `json:"kind"`
	Handle        string        `json:"handle"`
	By            string        `json:"by"`   // the member
	Side          MemberKind    `json:"side"` // that member's part
	On            calendar.Date `json:"on"`
	Identity      *Identity     `json:"identity,omitempty"`
	AccountDigest string        `json:"account_digest,omitempty"`
	Renewal       *Renewal      `json:"renewal,omitempty"`
	Key           *Key          `json:"key,omitempty"`
	Note          string        `json:"note,omitempty"`
	Freeze        *Freeze       `json:"freeze,omitempty"`
	Consent       *Consent      `json:"consent,omitempty"`
	Signature     []byte        `json:"signature,omitempty"` // the party's own, kept as proof
}

func newEvent(kind EventKind, handle string, actor Actor, on calendar.Date) Event {
	return Event{Kind: kind, Handle: handle, By: actor.Member, Side: actor.Kind, On: on}
}

// Apply folds an event into a party. It never fails and never touches what it was given: an event
// that lacks what its kind needs, or of a kind it does not know, changes nothing.
func Apply(s State, e Event) State {
	switch e.Kind {
	case Attested:
		return s.attested(e)
	case AccountVerified:
		s.AccountDigest = e.AccountDigest
	case RenewalProposed:
		s.Proposed = clone(e.Renewal)
	case Renewed:
		if e.Renewal != nil {
			s.KYCLevel, s.Expires, s.Proposed = e.Renewal.KYCLevel, e.Renewal.Expires, nil
		}
	case KeyRotated:
		return s.rotated(e)
	case Revoked:
		s.Revoked = &Revocation{By: e.Side, On: e.On, Note: e.Note}
	case Frozen:
		s.Freeze = clone(e.Freeze)
	case Released:
		s.Freeze = nil
	case ConsentGiven, ConsentWithdrawn:
		return s.consented(e)
	}
	return s
}

func (s State) attested(e Event) State {
	if e.Identity == nil {
		return s
	}
	if i := *e.Identity; !s.Exists() {
		s = State{
			Handle: i.Handle, Platform: i.Platform, Custodian: i.Custodian, Kind: i.Kind,
			KYCLevel: i.KYCLevel, Expires: i.Expires, Affiliate: i.Affiliate,
			Keys: []HeldKey{{Key: i.Key, Sequence: 1, From: e.On}},
		}
	}
	if e.Side == Platform {
		s.PlatformAttested = e.On
	}
	if e.Side == Custodian {
		s.CustodianAttested = e.On
		s.AccountDigest = e.AccountDigest
	}
	return s
}

func (s State) rotated(e Event) State {
	if e.Key == nil {
		return s
	}
	s.Keys = slices.Clone(s.Keys)
	if last := len(s.Keys) - 1; last >= 0 {
		s.Keys[last].Retired = e.On
	}
	s.Keys = append(s.Keys, HeldKey{Key: *e.Key, Sequence: len(s.Keys) + 1, From: e.On})
	return s
}

func (s State) consented(e Event) State {
	if e.Consent == nil {
		return s
	}
	s.Consents = slices.Clone(s.Consents)
	place := e.Consent.Sequence - 1
	switch {
	case place >= 0 && place < len(s.Consents):
		s.Consents[place] = *e.Consent
	case place == len(s.Consents):
		s.Consents = append(s.Consents, *e.Consent)
	}
	return s
}

// clone copies what a pointer points to, so that states and events never share it.
func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
