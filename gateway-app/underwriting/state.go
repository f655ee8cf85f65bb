package underwriting

import (
	"slices"

	"github.com/tallystick/tallystick/core/fault"
)

// Status is how far an application has come.
type Status string

// The statuses. A contested one was decided, and its applicant asked for a person's judgement.
const (
	Approved  Status = "approved"
	Referred  Status = "referred" // a person decides
	Refused   Status = "refused"
	Contested Status = "contested"
)

// Statuses lists every status.
func Statuses() []Status { return []Status{Approved, Referred, Refused, Contested} }

// Action is what a person does about a decided application.
type Action string

// The actions. Asking is the applicant's, or the staff's in their name; the others are a risk officer's.
const (
	Ask     Action = "ask"
	Approve Action = "approve"
	Refuse  Action = "refuse"
)

// Actions lists every action.
func Actions() []Action { return []Action{Ask, Approve, Refuse} }

// transition is one way from a status by an action.
type transition struct {
	from   []Status
	action Action
	to     Status
}

// transitions is the whole life of an application after the engine has decided. A person may overrule the
// engine either way, and themselves too: each time is a review of its own.
var transitions = []transition{
	{[]Status{Approved, Referred, Refused}, Ask, Contested},
	{[]Status{Referred, Refused, Contested}, Approve, Approved},
	{[]Status{Approved, Referred, Contested}, Refuse, Refused},
}

// Next is the status after an action, or the refusal of it.
func (s Status) Next(a Action) (Status, error) {
	for _, t := range transitions {
		if t.action == a && slices.Contains(t.from, s) {
			return t.to, nil
		}
	}
	return "", fault.In(fault.WrongStatus, "application")
}
