package e2e_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/test-network/ca"
)

// peers is the network as the contracts' suite sees it. Every transaction that comes to be is followed
// by a check of the books.
type peers struct{ *consortium }

var (
	_ contracttest.Ledger     = peers{}
	_ contracttest.Searchable = peers{}
	_ contracttest.Racecourse = peers{}
)

// openPeers is the real ledger, for the suite and its scenes.
func openPeers(t *testing.T) contracttest.Ledger {
	t.Helper()
	return peers{onNetwork(t)}
}

// openScene sets a scene on the real ledger.
func openScene(t *testing.T) (*consortium, *contracttest.Scene) {
	t.Helper()
	return onNetwork(t), contracttest.OpenScene(t, openPeers)
}

// Submit sends a call through the member's own peer and waits until every peer has what came of it.
func (p peers) Submit(t testing.TB, c contracttest.Call) contracttest.Result {
	t.Helper()
	if _, listed := wire.Lookup(c.Function); !listed {
		return p.unlisted(t, c)
	}
	c = contracttest.Approved(t, p, c)
	endorsers := c.EndorseBy
	if len(endorsers) == 0 {
		endorsers = contracttest.DefaultEndorsers(c)
	}
	result, err := p.clientOf(t, c).Submit(within(t, patience), c.Function, c.Encoded(t), ledger.EndorsedBy(p.mspIDs(endorsers)...))
	if result.TxID == "" {
		return contracttest.Result{Fault: refusalIn(t, c, err)}
	}
	p.settled(t, result.BlockNumber)
	if !result.Code.Valid() {
		return contracttest.Result{Verdict: peer.TxValidationCode(result.Code), TxID: result.TxID}
	}
	answer, err := wire.Encode(result.Answer)
	if err != nil {
		t.Fatalf("%s by %s: %v", c.Function, c.Member, err)
	}
	return contracttest.Result{Verdict: peer.TxValidationCode_VALID, Answer: answer, TxID: result.TxID}
}

// Race has the calls endorsed one after the other and ordered in that order.
func (p peers) Race(t testing.TB, calls ...contracttest.Call) []contracttest.Result {
	t.Helper()
	ctx := within(t, patience)
	envelopes := make([]*ledger.Envelope, len(calls))
	for i, c := range calls {
		var err error
		c = contracttest.Approved(t, p, c)
		endorsers := ledger.EndorsedBy(p.mspIDs(contracttest.DefaultEndorsers(c))...)
		if envelopes[i], err = p.clientOf(t, c).Prepare(ctx, c.Function, c.Encoded(t), endorsers); err != nil {
			t.Fatalf("%s by %s: %v", c.Function, c.Member, err)
		}
	}
	results := make([]contracttest.Result, len(calls))
	for i, c := range calls {
		pending, err := p.clientOf(t, c).Send(ctx, envelopes[i])
		if err != nil {
			t.Fatalf("%s by %s: %v", c.Function, c.Member, err)
		}
		outcome, err := pending.Wait(ctx)
		if outcome.TxID == "" {
			t.Fatalf("%s by %s: %v", c.Function, c.Member, err)
		}
		p.settled(t, outcome.BlockNumber)
		results[i] = contracttest.Result{Verdict: peer.TxValidationCode(outcome.Code), TxID: outcome.TxID}
	}
	return results
}

// Evaluate asks the member's own peer.
func (p peers) Evaluate(t testing.TB, c contracttest.Call) contracttest.Result {
	t.Helper()
	if _, listed := wire.Lookup(c.Function); !listed {
		return p.unlisted(t, c)
	}
	answer, err := p.clientOf(t, c).Evaluate(within(t, patience), c.Function, json.RawMessage(c.Encoded(t)))
	if err != nil {
		return contracttest.Result{Fault: refusalIn(t, c, err)}
	}
	return contracttest.Result{Answer: answer}
}

// Roots are those that the network's authorities were made with.
func (p peers) Roots(t testing.TB, member string) []string {
	t.Helper()
	found, err := p.net.Certified().Member(member)
	if err != nil {
		t.Fatal(err)
	}
	return found.Roots
}

// Approve signs with the key of one of the member's enrolled identities.
func (p peers) Approve(t testing.TB, member, name, digest string) wire.Approval {
	t.Helper()
	files := ca.FilesIn(p.folder("members", member, "identities", name))
	_, sign := signerOf(t, p.mspID(member), ledger.IdentityFiles{CertPath: files.CertPath, KeyPath: files.KeyPath})
	raw, err := hex.DecodeString(digest)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := sign(raw)
	if err != nil {
		t.Fatal(err)
	}
	approval := wire.Approval{Signature: base64.StdEncoding.EncodeToString(signature)}
	for _, path := range []string{files.CertPath, files.RootPath} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		if block == nil {
			t.Fatalf("%s holds no certificate", path)
			return approval
		}
		approval.Certificates = append(approval.Certificates, base64.StdEncoding.EncodeToString(block.Bytes))
	}
	return approval
}

// Scan keeps what must not be found; the blocks are searched once for all of it. A text of few bytes is
// no secret: it would be found by chance.
func (p peers) Scan(_ testing.TB, needle []byte) []string {
	if len(needle) >= window {
		secrets.add("a test of the contracts", string(needle))
	}
	return nil
}

func (p peers) clientOf(t testing.TB, c contracttest.Call) *ledger.Client {
	t.Helper()
	return p.client(t, c.Member, identityOf(c.Role))
}

func identityOf(role party.Role) string {
	if role == "" {
		return unattributed
	}
	return string(role)
}

// unlisted calls a function that the members' own client would not even propose.
func (p peers) unlisted(t testing.TB, c contracttest.Call) contracttest.Result {
	t.Helper()
	gateway := p.gateway(t, c.Member, identityOf(c.Role))
	contract := gateway.GetNetwork(p.net.Consortium().Channel).GetContract(p.net.Consortium().Chaincode)
	answer, err := contract.EvaluateWithContext(within(t, patience), c.Function, fabricArguments(c.Encoded(t), p.mspID(c.Member))...)
	if err == nil {
		return contracttest.Result{Answer: answer}
	}
	refusal, ok := fault.Decode(refusalText(err))
	if !ok {
		t.Fatalf("%s by %s: %v", c.Function, c.Member, err)
	}
	return contracttest.Result{Fault: refusal}
}

// refusalIn wants an error to be a contract's refusal and nothing that nodes said beside it.
func refusalIn(t testing.TB, c contracttest.Call, err error) *fault.Fault {
	t.Helper()
	var failure *ledger.Failure
	if !errors.As(err, &failure) || failure.Said != "" || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%s by %s: %v", c.Function, c.Member, err)
	}
	return failure.Fault
}
