package submission

import (
	"slices"

	"github.com/tallystick/tallystick/core/fault"
)

// State is how far a statement has come.
type State string

// The states. A stated one is known to its platform alone.
const (
	Stated       State = "stated"
	Received     State = "received"
	Acknowledged State = "acknowledged"
	Rejected     State = "rejected"
	Superseded   State = "superseded"
)

// States lists every state.
func States() []State { return []State{Stated, Received, Acknowledged, Rejected, Superseded} }

// Action is what happens to a statement.
type Action string

// The actions. The regulator's app receives, acknowledges and rejects; a later version of the platform supersedes.
const (
	Receive     Action = "receive"
	Acknowledge Action = "acknowledge"
	Reject      Action = "reject"
	Supersede   Action = "supersede"
)

// Actions lists every action.
func Actions() []Action { return []Action{Receive, Acknowledge, Reject, Supersede} }

// transition is one way from a state by an action.
type transition struct {
	from   []State
	action Action
	to     State
}

// transitions is the whole life of a statement, on both sides. A platform may learn that its statement was received and
// judged at once, or that the regulator's door refused it.
var transitions = []transition{
	{[]State{Stated}, Receive, Received},
	{[]State{Stated, Received}, Acknowledge, Acknowledged},
	{[]State{Stated, Received}, Reject, Rejected},
	{[]State{Stated, Received, Acknowledged, Rejected}, Supersede, Superseded},
}

// Next is the state after an action, or the refusal of it.
func (s State) Next(a Action) (State, error) {
	for _, t := range transitions {
		if t.action == a && slices.Contains(t.from, s) {
			return t.to, nil
		}
	}
	return "", fault.In(fault.WrongStatus, "submission")
}

// Open reports whether the statement still waits for the regulator's word.
func (s State) Open() bool { return s == Stated || s == Received }
