package mandate

import (
	"cmp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// Command is something that a member asks of one mandate: Register, Confirm, Use, Restore or Revoke.
type Command interface {
	decide(s State) (Event, error)
}

// Decide answers what a command does to a mandate, or one refusal, always a *fault.Fault.
func Decide(s State, c Command) ([]Event, error) {
	event, err := c.decide(s)
	if err != nil {
		return nil, err
	}
	return []Event{event}, nil
}

// Register puts signed terms on the record. The key is the party's current one, as the contract read
// it from the party's own record; it is never taken from the input.
type Register struct {
	Actor     party.Actor   `json:"actor"`
	On        calendar.Date `json:"on"`
	Terms     Terms         `json:"terms"`
	Key       party.Key     `json:"key"`
	Signature []byte        `json:"signature"` // over Terms.Statement
}

// Confirm is the custodian's word that the party itself, through the custodian's channel, stands by
// these terms. It names their commitment, so that nobody confirms other terms than they showed.
type Confirm struct {
	Actor       party.Actor   `json:"actor"`
	On          calendar.Date `json:"on"`
	Handle      string        `json:"handle"`
	Channel     string        `json:"channel"`
	SignedTerms string        `json:"signed_terms"`
}

// Revoke takes a mandate back: by the party, whose signature a platform or the custodian hands in
// with its current key, or by the custodian alone, to whom the party may turn without a platform.
// What is held already stays held.
type Revoke struct {
	Actor     party.Actor   `json:"actor"`
	On        calendar.Date `json:"on"`
	Handle    string        `json:"handle"`
	Key       party.Key     `json:"key,omitzero"`
	Signature []byte        `json:"signature,omitempty"` // over Terms.RevocationStatement
}

func (c Register) decide(s State) (Event, error) {
	if err := cmp.Or(party.RequireDate(c.On, "on"), c.Terms.check(c.On)); err != nil {
		return Event{}, err
	}
	if !c.Actor.Is(party.Platform, c.Terms.Platform) {
		return Event{}, fault.New(fault.WrongMember)
	}
	if err := c.Actor.RequireWriter(); err != nil {
		return Event{}, err
	}
	if s.Exists() {
		return Event{}, fault.New(fault.AlreadyExists)
	}
	if err := party.Verify(c.Key, c.Terms.Statement(), c.Signature); err != nil {
		return Event{}, err
	}
	event := newEvent(Registered, c.Terms.Handle, c.Actor, c.On)
	event.Terms, event.SignedTerms, event.Signature = &c.Terms, c.Terms.Commitment(), c.Signature
	return event, nil
}

func (c Confirm) decide(s State) (Event, error) {
	if err := cmp.Or(party.RequireDate(c.On, "on"), party.RequireID(c.Handle, "handle"),
		party.RequireID(c.Channel, "channel"),
		party.RequireDigest(c.SignedTerms, "signed_terms")); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(s.known(c.Handle), c.Actor.RequireCustodian(s.Custodian)); err != nil {
		return Event{}, err
	}
	switch {
	case !s.Revoked.IsZero():
		return Event{}, fault.New(fault.MandateRevoked)
	case c.On > s.Expires:
		return Event{}, fault.New(fault.MandateExpired)
	case !s.Confirmed.IsZero():
		return Event{}, fault.New(fault.AlreadyExists)
	case c.SignedTerms != s.SignedTerms:
		return Event{}, fault.In(fault.CommitmentMismatch, "signed_terms")
	}
	event := newEvent(Confirmed, c.Handle, c.Actor, c.On)
	event.Channel = c.Channel
	return event, nil
}

func (c Revoke) decide(s State) (Event, error) {
	if err := cmp.Or(party.RequireDate(c.On, "on"), party.RequireID(c.Handle, "handle")); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(s.known(c.Handle), c.Actor.RequireEither(s.Platform, s.Custodian)); err != nil {
		return Event{}, err
	}
	if !s.Revoked.IsZero() {
		return Event{}, fault.New(fault.MandateRevoked)
	}
	if c.Actor.Kind != party.Custodian || len(c.Signature) > 0 {
		if err := party.Verify(c.Key, s.RevocationStatement(), c.Signature); err != nil {
			return Event{}, err
		}
	}
	event := newEvent(Revoked, c.Handle, c.Actor, c.On)
	event.Signature = c.Signature
	return event, nil
}

// known refuses a command that speaks of another mandate than the record, or of none.
func (s State) known(handle string) error {
	switch {
	case !s.Exists():
		return fault.New(fault.MandateUnknown)
	case s.Handle != handle:
		return fault.In(fault.InvalidField, "handle")
	}
	return nil
}
