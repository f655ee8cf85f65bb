package mandate

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

// EventKind names what happened to a mandate.
type EventKind string

// Everything that can happen to a mandate.
const (
	Registered EventKind = "registered"
	Confirmed  EventKind = "confirmed"
	Used       EventKind = "used"
	Restored   EventKind = "restored"
	Revoked    EventKind = "revoked"
)

// Event is one fact about a mandate; beside the first five fields it carries what its kind needs.
type Event struct {
	Kind        EventKind        `json:"kind"`
	Handle      string           `json:"handle"`
	By          string           `json:"by"`   // the member
	Side        party.MemberKind `json:"side"` // that member's part
	On          calendar.Date    `json:"on"`
	Terms       *Terms           `json:"terms,omitempty"`
	SignedTerms string           `json:"signed_terms,omitempty"`
	Channel     string           `json:"channel,omitempty"`
	AmountMinor money.Minor      `json:"amount_minor,omitempty"`
	Loan        string           `json:"loan,omitempty"`
	Signature   []byte           `json:"signature,omitempty"` // the party's own, kept as proof
}

func newEvent(kind EventKind, handle string, actor party.Actor, on calendar.Date) Event {
	return Event{Kind: kind, Handle: handle, By: actor.Member, Side: actor.Kind, On: on}
}

// Apply folds an event into a mandate. It never fails and never touches what it was given: an event
// that lacks what its kind needs, or of a kind it does not know, changes nothing.
func Apply(s State, e Event) State {
	switch e.Kind {
	case Registered:
		if e.Terms != nil {
			s = State{Terms: *e.Terms, SignedTerms: e.SignedTerms, Registered: e.On}
		}
	case Confirmed:
		s.Confirmed, s.Channel = e.On, e.Channel
	case Used:
		s.UsedMinor += e.AmountMinor
		s.Uses++
	case Restored:
		s.UsedMinor -= e.AmountMinor
	case Revoked:
		s.Revoked = e.On
	}
	return s
}
