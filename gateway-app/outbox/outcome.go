package outbox

import (
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Status is how far a command has come.
type Status string

// The statuses. Stored: nothing was sent. Sent: an envelope is kept that may be ordered. The last two
// are final.
const (
	Stored    Status = "stored"
	Sent      Status = "sent"
	Committed Status = "committed"
	Refused   Status = "refused"
)

// Final reports whether nothing will change any more.
func (s Status) Final() bool { return s == Committed || s == Refused }

// Outcome is what became of a command. Answer holds its own items' refusals, numbered from 1, also when
// it went in a batch. Fault is the reason of a refused command; of a committed one it is set only when
// the contract's answer could not be read.
type Outcome struct {
	ID     string
	Status Status
	TxID   string
	Block  uint64
	Answer wire.Answer
	Fault  *fault.Fault
}

// share gives each command of a request its part of the answer. The items of the request are those of
// its commands, in order. A command none of whose items was applied is refused with the refusal of its
// first item, as it would have been alone.
func share(answer wire.Answer, commands []*queued) []Outcome {
	outcomes := make([]Outcome, len(commands))
	start, next := 0, 0
	for i, c := range commands {
		part := wire.Answer{Version: answer.Version}
		for ; next < len(answer.Refused) && answer.Refused[next].Item <= start+c.items; next++ {
			own := *answer.Refused[next]
			own.Item -= start
			part.Refused = append(part.Refused, &own)
		}
		part.Applied = c.items - len(part.Refused)
		outcomes[i] = Outcome{ID: c.id, Status: Committed, Answer: part}
		if part.Applied == 0 {
			outcomes[i].Status, outcomes[i].Fault = Refused, part.Refused[0]
		}
		start += c.items
	}
	return outcomes
}

// refuse gives every command of a request the same refusal.
func refuse(f *fault.Fault, commands []*queued) []Outcome {
	outcomes := make([]Outcome, len(commands))
	for i, c := range commands {
		outcomes[i] = Outcome{ID: c.id, Status: Refused, Fault: f}
	}
	return outcomes
}
