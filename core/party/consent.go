package party

import (
	"cmp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// Consent is a party's signed leave for one purpose, given to a text of which the digest is kept. A
// consent that was withdrawn stays on the record as such.
type Consent struct {
	Sequence  int           `json:"sequence"` // from 1
	Purpose   string        `json:"purpose"`
	Text      string        `json:"text"` // SHA-256 of what the party read, in hexadecimal
	Given     calendar.Date `json:"given"`
	Until     calendar.Date `json:"until,omitempty"` // the last day; none: until withdrawn
	Withdrawn calendar.Date `json:"withdrawn,omitempty"`
}

// GiveConsent records a consent.
type GiveConsent struct {
	Actor     Actor         `json:"actor"`
	On        calendar.Date `json:"on"`
	Handle    string        `json:"handle"`
	Purpose   string        `json:"purpose"`
	Text      string        `json:"text"`
	Until     calendar.Date `json:"until,omitempty"`
	Signature []byte        `json:"signature"` // over ConsentStatement
}

// WithdrawConsent ends a consent. Nothing but a bad signature stands in its way: neither freeze nor
// expiry nor revocation.
type WithdrawConsent struct {
	Actor     Actor         `json:"actor"`
	On        calendar.Date `json:"on"`
	Handle    string        `json:"handle"`
	Sequence  int           `json:"sequence"`
	Signature []byte        `json:"signature"` // over WithdrawalStatement
}

// ConsentStatement is what the party signs to consent. The sequence is the consent's place among the
// party's, so that one that was withdrawn cannot be played again.
func ConsentStatement(handle string, sequence int, purpose, text string, until calendar.Date) []byte {
	return NewStatement("tallystick/consent/v1").
		Text("handle", handle).
		Integer("sequence", int64(sequence)).
		Text("purpose", purpose).
		Text("text", text).
		Text("until", until.String()).
		Bytes()
}

// WithdrawalStatement is what the party signs to withdraw a consent.
func WithdrawalStatement(handle string, sequence int) []byte {
	return NewStatement("tallystick/consent-withdrawal/v1").
		Text("handle", handle).
		Integer("sequence", int64(sequence)).
		Bytes()
}

// Consented reports whether the party's leave for a purpose holds on the day.
func (s State) Consented(purpose string, on calendar.Date) bool {
	for _, c := range s.Consents {
		if c.Purpose == purpose && c.holdsOn(on) {
			return true
		}
	}
	return false
}

func (c Consent) holdsOn(on calendar.Date) bool {
	return c.Withdrawn.IsZero() && c.Given <= on && (c.Until.IsZero() || on <= c.Until)
}

func (c GiveConsent) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), RequireID(c.Handle, "handle"),
		RequireID(c.Purpose, "purpose"), RequireDigest(c.Text, "text")); err != nil {
		return Event{}, err
	}
	if !c.Until.IsZero() && c.Until < c.On {
		return Event{}, fault.In(fault.InvalidField, "until")
	}
	if err := cmp.Or(s.known(c.Handle), c.Actor.RequireEither(s.Platform, s.Custodian)); err != nil {
		return Event{}, err
	}
	key, err := s.MaySign(c.On)
	if err != nil {
		return Event{}, err
	}
	sequence := len(s.Consents) + 1
	statement := ConsentStatement(c.Handle, sequence, c.Purpose, c.Text, c.Until)
	if err := Verify(key, statement, c.Signature); err != nil {
		return Event{}, err
	}
	event := newEvent(ConsentGiven, c.Handle, c.Actor, c.On)
	event.Consent = &Consent{
		Sequence: sequence, Purpose: c.Purpose, Text: c.Text, Given: c.On, Until: c.Until,
	}
	event.Signature = c.Signature
	return event, nil
}

func (c WithdrawConsent) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), RequireID(c.Handle, "handle")); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(s.known(c.Handle), c.Actor.RequireEither(s.Platform, s.Custodian)); err != nil {
		return Event{}, err
	}
	if c.Sequence < 1 || c.Sequence > len(s.Consents) {
		return Event{}, fault.In(fault.NotFound, "sequence")
	}
	consent := s.Consents[c.Sequence-1]
	if !consent.Withdrawn.IsZero() {
		return Event{}, fault.New(fault.WrongStatus)
	}
	key, ok := s.Key()
	if !ok {
		return Event{}, fault.New(fault.AttestationMissing)
	}
	if err := Verify(key, WithdrawalStatement(c.Handle, c.Sequence), c.Signature); err != nil {
		return Event{}, err
	}
	consent.Withdrawn = c.On
	event := newEvent(ConsentWithdrawn, c.Handle, c.Actor, c.On)
	event.Consent, event.Signature = &consent, c.Signature
	return event, nil
}
