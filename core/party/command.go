package party

import (
	"github.com/tallystick/tallystick/core/calendar"
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

// ValidID reports whether a text can name a party, a member or another record: 1 to 64 letters,
// digits and . _ : - in ASCII, so that it reads the same in every encoding and log.
func ValidID(text string) bool {
	const longest = 64
	if text == "" || len(text) > longest {
		return false
	}
	for i := range len(text) {
		c := text[i]
		alphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alphanumeric && c != '.' && c != '_' && c != ':' && c != '-' {
			return false
		}
	}
	return true
}

// requireID refuses a field that is empty or that names nothing.
func requireID(text, field string) error {
	switch {
	case text == "":
		return fault.In(fault.MissingField, field)
	case !ValidID(text):
		return fault.In(fault.InvalidField, field)
	}
	return nil
}

// requireDate refuses a field without a date.
func requireDate(date calendar.Date, field string) error {
	if date.IsZero() {
		return fault.In(fault.MissingField, field)
	}
	return nil
}

// requireDigest refuses what is not a SHA-256 digest in lower-case hexadecimal.
func requireDigest(text, field string) error {
	const digits = 64
	if text == "" {
		return fault.In(fault.MissingField, field)
	}
	if len(text) != digits {
		return fault.In(fault.DigestMalformed, field)
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fault.In(fault.DigestMalformed, field)
		}
	}
	return nil
}

// first returns the first refusal among checks, so that their order is their precedence.
func first(checks ...error) error {
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

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
