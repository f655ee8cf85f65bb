package party

import (
	"github.com/tallystick/tallystick/core/fault"
)

// Command is something that a member asks of one party's record: Attest, VerifyAccount, Renew,
// RotateKey, Revoke, ImposeFreeze, ReleaseFreeze, GiveConsent or WithdrawConsent.
type Command interface {
	decide(s State) (Event, error)
}

// Decide answers what a command does to a party, or one refusal, always a *fault.Fault. The form of
// the input is checked first, then who asks, then what the record says.
func Decide(s State, c Command) ([]Event, error) {
	event, err := c.decide(s)
	if err != nil {
		return nil, err
	}
	return []Event{event}, nil
}

// maxLevel bounds the level of identification; the trade uses three or five.
const maxLevel = 9

// known refuses a command that speaks of another party than the record, or of none.
func (s State) known(handle string) error {
	switch {
	case !s.Exists():
		return fault.New(fault.PartyUnknown)
	case s.Handle != handle:
		return fault.In(fault.InvalidField, "handle")
	}
	return nil
}
