package outbox

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Command is what a caller wants done on the ledger.
type Command struct {
	ID         string          // the ledger's request id: 32 hexadecimal digits
	Function   string          // "Loan:Propose"
	Collection string          // of a private function
	Mode       wire.Mode       // what becomes of the items when one is refused
	Items      json.RawMessage // a JSON array of the function's items
	Salt       string          // for private functions; made when empty
	Lanes      []string        // commands that share one run one after the other, in order of storing
	Identity   string          // the name of the identity that signs
	Approvals  json.RawMessage // the users who asked and approved; kept with the command, not sent
	Signed     []wire.Approval // what the approvers' own keys signed, for this id and these items: it is sent with them
	Merge      bool            // may go in one batch with others of the same function, collection and identity
}

// check refuses what the ledger would refuse for its form, and answers the items in compact form.
func (c Command) check() (items []json.RawMessage, err error) {
	function, known := wire.Lookup(c.Function)
	switch {
	case !known || function.ReadOnly:
		return nil, fault.New(fault.UnknownFunction)
	case !wire.IsHandle(c.ID):
		return nil, fault.In(fault.InvalidField, "id")
	case c.Mode != wire.Each && c.Mode != wire.Atomic:
		return nil, fault.In(fault.InvalidField, "mode")
	case function.Private && c.Collection == "":
		return nil, fault.In(fault.MissingField, "collection")
	case !function.Private && c.Collection != "":
		return nil, fault.In(fault.InvalidField, "collection")
	case c.Salt != "" && (!function.Private || !wire.IsDigest(c.Salt)):
		return nil, fault.In(fault.InvalidField, "salt")
	case c.Identity == "":
		return nil, fault.In(fault.MissingField, "identity")
	case len(c.Approvals) > 0 && !json.Valid(c.Approvals):
		return nil, fault.In(fault.InvalidField, "approvals")
	case len(c.Signed) > wire.MaxApprovals:
		return nil, fault.In(fault.InvalidField, "signed")
	case json.Unmarshal(c.Items, &items) != nil:
		return nil, fault.In(fault.InvalidField, "items")
	case len(items) == 0:
		return nil, fault.New(fault.BatchEmpty)
	case len(items) > function.MaxItems:
		return nil, fault.New(fault.BatchTooLarge)
	}
	return items, nil
}

// mergeable reports whether the command's items mean the same in a batch with others. An atomic command
// of several items would lose its atomicity, and one that somebody signed what they signed it as.
func (c Command) mergeable(items int) bool {
	return c.Merge && len(c.Signed) == 0 && (c.Mode == wire.Each || items == 1)
}

// lanes are the command's lanes, each once, in one order.
func (c Command) lanes() []string {
	lanes := slices.Clone(c.Lanes)
	slices.Sort(lanes)
	return slices.Compact(lanes)
}

// digest is what an id remembers of what it was first used for. The salt, which the id keeps, makes it
// tell nothing of the items; approvals and lanes may differ in a repetition.
func (c Command) digest(salt string, compact []byte) string {
	head, _ := json.Marshal([]string{salt, c.Collection, string(c.Mode), c.Identity}) // strings cannot fail to encode
	return wire.RequestDigest(c.Function, append(head, compact...))
}

// encodeRequest is what is proposed: the ledger's form of a request.
func encodeRequest(id, salt, collection string, mode wire.Mode, items []json.RawMessage, signed []wire.Approval) ([]byte, error) {
	return wire.Encode(wire.Request[json.RawMessage]{
		Version: wire.Version, ID: id, Salt: salt, Collection: collection, Mode: mode, Items: items, Approvals: signed,
	})
}

// compactArray writes a JSON array without spaces, so that equal items have equal texts.
func compactArray(items json.RawMessage) ([]byte, error) {
	var text bytes.Buffer
	if err := json.Compact(&text, items); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// newHandle makes 128 random bits: the id of a batch.
func newHandle() string { return random(16) }

// newSalt makes 256 random bits for a private function, and nothing for a public one.
func newSalt(function string) string {
	if f, _ := wire.Lookup(function); !f.Private {
		return ""
	}
	return random(32)
}

func random(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(raw)
}
