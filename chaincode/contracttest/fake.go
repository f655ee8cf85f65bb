package contracttest

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Fake is two ledgers in memory that run every call and must agree byte by byte.
type Fake struct {
	*fakeledger.Twin
}

var (
	_ Ledger     = Fake{}
	_ Searchable = Fake{}
	_ Racecourse = Fake{}
)

// mspOf is how Fabric knows the members of the test network.
var mspOf = map[string]string{
	Harbor: "HarborMSP", Lantern: "LanternMSP", Meridian: "MeridianMSP", Authority: "AuthorityMSP",
}

// authorities are the members' CAs on every fake, so that a chaincode can be told the founders before its
// ledger exists.
var authorities = fakeledger.NewAuthorities()

// FakeFounders are the members that found a consortium on a fake.
func FakeFounders() []wire.Member { return foundersWith(fakeRoots) }

func fakeRoots(member string) []string {
	root, err := authorities.Root(mspOf[member])
	if err != nil {
		panic("make the authority of " + member + ": " + err.Error())
	}
	return []string{wire.Fingerprint(root)}
}

// Roots are those of the member's CA on every fake.
func (f Fake) Roots(_ testing.TB, member string) []string { return fakeRoots(member) }

// Approve signs with the key of an identity that it makes when it is first named.
func (f Fake) Approve(t testing.TB, member, identity, digest string) wire.Approval {
	t.Helper()
	return fakeApproval(t, member, identity, digest)
}

func fakeApproval(t testing.TB, member, name, digest string) wire.Approval {
	t.Helper()
	role := name
	if name == Deputy {
		role = string(party.Supervisor)
	}
	return approvalBy(t, authorities.Named(mspOf[member], name, role), digest)
}

func approvalBy(t testing.TB, identity fakeledger.Identity, digest string) wire.Approval {
	t.Helper()
	raw, err := hex.DecodeString(digest)
	if err != nil {
		t.Fatalf("read a digest: %v", err)
	}
	signature, err := identity.SignDigest(raw)
	if err != nil {
		t.Fatalf("approve: %v", err)
	}
	encode := base64.StdEncoding.EncodeToString
	return wire.Approval{
		Certificates: []string{encode(identity.Certificate.Raw), encode(identity.Root().Raw)}, Signature: encode(signature),
	}
}

// OpenFake opens a channel of the test network's four members that has no block yet. The function
// makes the chaincode, once for each of the two ledgers.
func OpenFake(t *testing.T, chaincode func() shim.Chaincode) Fake {
	t.Helper()
	return Fake{fakeledger.NewTwin(t, fakeConfig(), chaincode)}
}

// fakeConfig states the test network's policies as the network's own configuration does: pairs,
// enumerated.
func fakeConfig() fakeledger.Config {
	harbor, lantern, meridian, authority := mspOf[Harbor], mspOf[Lantern], mspOf[Meridian], mspOf[Authority]
	guardians := []string{meridian, authority}
	business := func(platform string) fakeledger.Collection {
		return fakeledger.Collection{
			Name:    wire.PairCollection(platform, Meridian),
			Members: []string{mspOf[platform], meridian, authority},
			Policy:  fakeledger.AnyOf([]string{meridian, mspOf[platform]}, guardians),
		}
	}
	return fakeledger.Config{
		Members:     []string{harbor, lantern, meridian, authority},
		Authorities: authorities,
		Policy: fakeledger.AnyOf(guardians, []string{meridian, harbor}, []string{meridian, lantern},
			[]string{authority, harbor}, []string{authority, lantern}),
		Collections: []fakeledger.Collection{
			business(Harbor), business(Lantern),
			{Name: wire.Exposure, Members: guardians, Policy: fakeledger.AnyOf(guardians)},
		},
	}
}

// Submit runs a call on both ledgers and commits it.
func (f Fake) Submit(t testing.TB, c Call) Result {
	t.Helper()
	tx, err := f.Twin.Submit(f.Proposal(t, c))
	var invalid *fakeledger.CommitError
	switch {
	case errors.As(err, &invalid):
		return Result{Verdict: invalid.Verdict, TxID: invalid.TxID}
	case err != nil:
		return Result{Fault: mustBeRefusal(t, c, err)}
	}
	return Result{Verdict: fakeledger.Valid, Answer: tx.Response.GetPayload(), TxID: tx.TxID}
}

// Race commits the calls in one block.
func (f Fake) Race(t testing.TB, calls ...Call) []Result {
	t.Helper()
	endorsed := make([]*fakeledger.Transaction, len(calls))
	for i, c := range calls {
		var err error
		if endorsed[i], err = f.Endorse(f.Proposal(t, c)); err != nil {
			t.Fatalf("%s by %s: %v", c.Function, c.Member, err)
		}
	}
	results := make([]Result, len(calls))
	for i, verdict := range f.Commit(endorsed...) {
		results[i] = Result{Verdict: verdict, Answer: endorsed[i].Response.GetPayload(), TxID: endorsed[i].TxID}
	}
	return results
}

// Evaluate runs a call on both ledgers, on one peer each, and commits nothing.
func (f Fake) Evaluate(t testing.TB, c Call) Result {
	t.Helper()
	asked := f.Proposal(t, c)
	asked.Endorsers = nil
	if len(c.EndorseBy) > 0 {
		asked.Endorsers = []string{mspOf[c.EndorseBy[0]]}
	}
	payload, err := f.Twin.Evaluate(asked)
	if err != nil {
		return Result{Fault: mustBeRefusal(t, c, err)}
	}
	return Result{Answer: payload}
}

// Scan searches all blocks as everybody sees them.
func (f Fake) Scan(_ testing.TB, needle []byte) []string { return f.Ledger().Scan(needle) }

// Proposal is the call as the client's library would make it.
func (f Fake) Proposal(t testing.TB, c Call) fakeledger.Proposal {
	t.Helper()
	return proposal(t, f.Ledger(), Approved(t, f, c))
}

func proposal(t testing.TB, l *fakeledger.Ledger, c Call) fakeledger.Proposal {
	t.Helper()
	endorsers := c.EndorseBy
	if len(endorsers) == 0 {
		endorsers = DefaultEndorsers(c)
	}
	made := fakeledger.Proposal{Creator: l.Identity(mspOf[c.Member], string(c.Role)), Function: c.Function}
	for _, member := range endorsers {
		made.Endorsers = append(made.Endorsers, mspOf[member])
	}
	if function, listed := wire.Lookup(c.Function); listed && function.Private {
		made.Transient = map[string][]byte{wire.TransientRequest: c.Encoded(t)}
	} else {
		made.Args = []string{string(c.Encoded(t))}
	}
	return made
}

// mustBeRefusal wants the chaincode's error to be an encoded fault and nothing beside it.
func mustBeRefusal(t testing.TB, c Call, err error) *fault.Fault {
	t.Helper()
	var refusal *fakeledger.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("%s by %s: %v", c.Function, c.Member, err)
	}
	decoded, ok := fault.Decode(refusal.Message)
	if !ok || decoded.Encode() != refusal.Message {
		t.Fatalf("%s by %s: the refusal %q is no encoded fault", c.Function, c.Member, refusal.Message)
	}
	return decoded
}
