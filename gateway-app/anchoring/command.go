package anchoring

import (
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

// Sender takes a command to the ledger and waits for its outcome: *outbox.Outbox. It does not send a command twice.
type Sender = lane.Submitter

// Lane is the outbox's lane in which everything of this member is appended to its evidence log: every append writes the
// log's one key.
const Lane = "evidence"

// machine is the identity that signs what the app sends of itself.
const machine = "machine"

// Command appends entries to the member's evidence log under a request id.
func Command(id string, mode wire.Mode, entries ...evidence.Entry) (outbox.Command, error) {
	items, err := json.Marshal(entries)
	if err != nil {
		return outbox.Command{}, fmt.Errorf("encode what is to be anchored: %w", err)
	}
	return outbox.Command{
		ID: id, Function: "Evidence:Append", Mode: mode, Items: items, Lanes: []string{Lane}, Identity: machine,
	}, nil
}

// Missing is why an entry that was sent alone does not stand on the ledger; nil: it does. That it stood there before is
// no reason.
func Missing(o outbox.Outcome) error {
	switch fate, refusal := fateOf(o, 1, 1); {
	case fate == there:
		return nil
	case refusal != nil:
		return refusal
	}
	return fault.New(fault.OutcomeUnknown)
}

// fate is what became of one entry of a batch.
type fate int

const (
	open    fate = iota // it may yet be ordered
	there               // it stands on the ledger
	refused             // the ledger does not take it
	unasked             // nothing was applied, which is said of another entry
)

// fateOf answers the fate of an entry, counted from 1, of a batch of so many, and why it was refused: the refusal of one
// that is there says that it was before.
func fateOf(o outbox.Outcome, entry, of int) (fate, *fault.Fault) {
	for _, refusal := range o.Answer.Refused {
		if speaksOf(refusal, entry, of) {
			return refusedFor(refusal)
		}
	}
	switch {
	case !o.Status.Final():
		return open, nil
	case o.Fault == nil && o.Status == outbox.Committed:
		return there, nil
	case o.Fault == nil:
		return refused, fault.New(fault.Internal)
	case speaksOf(o.Fault, entry, of):
		return refusedFor(o.Fault)
	}
	return unasked, nil
}

func refusedFor(refusal *fault.Fault) (fate, *fault.Fault) {
	if refusal.Code == fault.AlreadyExists {
		return there, refusal
	}
	return refused, refusal
}

// speaksOf reports whether a refusal is an entry's, or the whole batch's.
func speaksOf(refusal *fault.Fault, entry, of int) bool {
	return refusal.Item == entry || refusal.Item < 1 || refusal.Item > of
}
