package contracttest

import (
	"encoding/json"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Deputy is a member's second supervisor.
const Deputy = "deputy"

// lendingChannel is where the suite runs.
const lendingChannel = "lending"

// Approved is a call as a ledger of the suite sends it: with a second person's approval, if its function is
// one for which a regime may ask it, and nobody was told to go alone.
func Approved(t testing.TB, l Ledger, c Call) Call {
	t.Helper()
	function, listed := wire.Lookup(c.Function)
	if c.Alone || !listed || !function.FourEyes() {
		return c
	}
	approver := string(party.Supervisor)
	if c.Role == party.Supervisor {
		approver = Deputy
	}
	return ApprovedBy(t, l, c, c.Member, approver)
}

// ApprovedBy is a call to which one of a member's identities has added its approval. A request that cannot be
// read, and one with approvals, are left as they are.
func ApprovedBy(t testing.TB, l Ledger, c Call, member, identity string) Call {
	t.Helper()
	var request wire.Request[json.RawMessage]
	if json.Unmarshal(c.Encoded(t), &request) != nil || len(request.Approvals) > 0 {
		return c
	}
	request.Approvals = []wire.Approval{l.Approve(t, member, identity, digestOfCall(t, c.Function, request))}
	c.Request = request
	return c
}

// digestOfCall is what an approver of a request signs.
func digestOfCall(t testing.TB, function string, request wire.Request[json.RawMessage]) string {
	t.Helper()
	items, err := wire.Encode(request.Items)
	if err != nil {
		t.Fatalf("encode the items of %s: %v", function, err)
	}
	digest, err := wire.Approvable{
		Channel: lendingChannel, Function: function, ID: request.ID, Collection: request.Collection, Mode: request.Mode, Items: items,
	}.Digest()
	if err != nil {
		t.Fatalf("take the digest of %s: %v", function, err)
	}
	return digest
}
