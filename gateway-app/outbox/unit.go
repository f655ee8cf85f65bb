package outbox

import (
	"cmp"
	"slices"
	"time"
)

// unit is what is proposed as one request: a command, or a batch of merged ones in the order of storing.
type unit struct {
	id       string
	commands []*queued
	body     []byte // the request as it is proposed; none until it is first made

	// Of the last envelope that was stored; none where there is none, or it is known to be invalid.
	envelope       []byte
	txID           string
	preparedAt     time.Time
	preparedHeight uint64

	doubtful  bool // an earlier envelope was given up without a verdict
	attempts  int
	conflicts int // between endorsers, since the unit was made
	invalid   int // verdicts other than conflict that left an envelope invalid, and defects met
}

func newUnit(id string, commands []*queued) *unit { return &unit{id: id, commands: commands} }

// unitOf makes a unit of commands that were never sent, or whose earlier request is dissolved. A batch
// has an id of its own; a command alone has its own.
func unitOf(commands []*queued) *unit {
	slices.SortFunc(commands, func(a, b *queued) int { return cmp.Compare(a.seq, b.seq) })
	if len(commands) == 1 {
		return newUnit(commands[0].id, commands)
	}
	return newUnit(newHandle(), commands)
}

func (u *unit) first() *queued { return u.commands[0] }

func (u *unit) ids() []string {
	ids := make([]string, len(u.commands))
	for i, c := range u.commands {
		ids[i] = c.id
	}
	return ids
}

// halves are the units that a batch falls into.
func (u *unit) halves() []*unit {
	middle := len(u.commands) / 2
	return []*unit{unitOf(u.commands[:middle:middle]), unitOf(u.commands[middle:])}
}

// invalidated is the unit after its envelope was committed as invalid: nothing of it counts.
func (u *unit) invalidated() { u.envelope, u.txID = nil, "" }
