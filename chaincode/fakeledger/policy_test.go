package fakeledger_test

import (
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/statebased"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
)

func encoded(t *testing.T, policy *common.SignaturePolicyEnvelope) []byte {
	t.Helper()
	b, err := proto.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rule builds policies of any shape: a string is a principal, the rest are gates.
type gate struct {
	n     int32
	rules []any
}

func policyOf(t *testing.T, role msp.MSPRole_MSPRoleType, g gate) *common.SignaturePolicyEnvelope {
	t.Helper()
	envelope := &common.SignaturePolicyEnvelope{}
	envelope.Rule = build(t, envelope, role, g)
	return envelope
}

func build(t *testing.T, e *common.SignaturePolicyEnvelope, role msp.MSPRole_MSPRoleType, rule any) *common.SignaturePolicy {
	t.Helper()
	if member, ok := rule.(string); ok {
		principal, err := proto.Marshal(&msp.MSPRole{MspIdentifier: member, Role: role})
		if err != nil {
			t.Fatal(err)
		}
		e.Identities = append(e.Identities, &msp.MSPPrincipal{Principal: principal})
		return &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(len(e.Identities) - 1)}}
	}
	g := rule.(gate)
	out := &common.SignaturePolicy_NOutOf{N: g.n}
	for _, child := range g.rules {
		out.Rules = append(out.Rules, build(t, e, role, child))
	}
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{NOutOf: out}}
}

func verdictUnder(t *testing.T, policy *common.SignaturePolicyEnvelope, endorsers ...string) fakeledger.Verdict {
	t.Helper()
	settings := config()
	settings.Policy, settings.Collections = policy, nil
	l := fakeledger.New(settings)
	_, err := l.Submit(write("a", "1"), fakeledger.Proposal{
		Creator: l.Identity(harbor, "machine"), Function: "Test:Run", Endorsers: endorsers,
	})
	return verdictOf(t, err)
}

// The facts about signatures that are used up were learnt on real peers.
func TestSignaturesAreUsedUp(t *testing.T) {
	const m, a, h, l = meridian, authority, harbor, lantern
	or := func(rules ...any) gate { return gate{1, rules} }
	surprising := policyOf(t, msp.MSPRole_PEER, gate{2, []any{or(m, a), or(m, a, h)}})
	pairs := fakeledger.AnyOf([]string{m, a}, []string{m, h}, []string{m, l}, []string{a, h}, []string{a, l})
	for _, c := range []struct {
		name      string
		policy    *common.SignaturePolicyEnvelope
		endorsers []string
		satisfied bool
	}{
		{"an OR takes more than it needs", surprising, []string{m, a}, false},
		{"two peers of one member", surprising, []string{m, m}, true},
		{"enumerated", pairs, []string{m, a}, true},
		{"enumerated, the other order", pairs, []string{a, m}, true},
		{"enumerated, two peers of one", pairs, []string{m, m}, false},
		{"enumerated, platforms alone", pairs, []string{h, l}, false},
		{"enumerated, one alone", pairs, []string{m}, false},
		{"enumerated, all of them", pairs, []string{h, l, m, a}, true},
		{"one signature for two", policyOf(t, msp.MSPRole_PEER, gate{2, []any{m, m}}), []string{m}, false},
		{"two signatures for two", policyOf(t, msp.MSPRole_PEER, gate{2, []any{m, m}}), []string{m, m}, true},
		{"two of three", policyOf(t, msp.MSPRole_PEER, gate{2, []any{m, a, h}}), []string{h, m}, true},
		{"a peer is a member", policyOf(t, msp.MSPRole_MEMBER, gate{1, []any{m}}), []string{m}, true},
		{"a peer is no admin", policyOf(t, msp.MSPRole_ADMIN, gate{1, []any{m}}), []string{m}, false},
		{"a peer is no client", policyOf(t, msp.MSPRole_CLIENT, gate{1, []any{m}}), []string{m}, false},
		{"none out of none", policyOf(t, msp.MSPRole_PEER, gate{0, nil}), []string{l}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := fakeledger.Valid
			if !c.satisfied {
				want = fakeledger.EndorsementPolicyFailure
			}
			if got := verdictUnder(t, c.policy, c.endorsers...); got != want {
				t.Errorf("%v are judged %s, want %s", c.endorsers, got, want)
			}
		})
	}
}

func (c channel) verdict(f function, p fakeledger.Proposal) fakeledger.Verdict {
	c.t.Helper()
	_, err := c.Submit(f, p)
	return verdictOf(c.t, err)
}

func TestTheChaincodesPolicyHoldsWhereNoOtherDoes(t *testing.T) {
	c := newChannel(t)
	read := func(stub shim.ChaincodeStubInterface) error { _, err := stub.GetState("a"); return err }
	privately := func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData(club, "k", []byte("v")) }
	for name, f := range map[string]function{"public": write("a", "1"), "read only": read, "collection without": privately} {
		if got := c.verdict(f, c.by(meridian, harbor, lantern)); got != fakeledger.EndorsementPolicyFailure {
			t.Errorf("%s, platforms alone: %s", name, got)
		}
		if got := c.verdict(f, c.by(meridian, authority, meridian)); got != fakeledger.Valid {
			t.Errorf("%s, a good pair: %s", name, got)
		}
	}
}

func TestACollectionsPolicyCoversItsKeysFromTheirCreation(t *testing.T) {
	c := newChannel(t)
	put := function(func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData(pair, "k", []byte("v")) })
	for _, s := range []struct {
		endorsers []string
		want      fakeledger.Verdict
	}{
		{[]string{authority, harbor}, fakeledger.EndorsementPolicyFailure}, // enough for the chaincode's
		{[]string{meridian, lantern}, fakeledger.EndorsementPolicyFailure},
		{[]string{meridian, harbor}, fakeledger.Valid},
		{[]string{meridian, authority}, fakeledger.Valid},
	} {
		if got := c.verdict(put, c.by(meridian, s.endorsers...)); got != s.want {
			t.Errorf("%v: %s, want %s", s.endorsers, got, s.want)
		}
	}
	mixed := both(put, write("public", "1"))
	if got := c.verdict(mixed, c.by(meridian, meridian, authority)); got != fakeledger.Valid {
		t.Errorf("both policies satisfied: %s", got)
	}
	reads := getPrivate(pair, "k", "v")
	if got := c.verdict(reads, c.by(authority, authority, harbor)); got != fakeledger.Valid {
		t.Errorf("reading needs the chaincode's policy only: %s", got)
	}
}

func TestAKeysOwnPolicy(t *testing.T) {
	c := newChannel(t)
	own, err := statebased.NewStateEP(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := own.AddOrgs(statebased.RoleTypePeer, authority, lantern); err != nil {
		t.Fatal(err)
	}
	policy, err := own.Policy()
	if err != nil {
		t.Fatal(err)
	}
	guard := function(func(stub shim.ChaincodeStubInterface) error { return stub.SetStateValidationParameter("root", policy) })
	c.put("root", "1")
	c.submit(guard)
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		got, err := stub.GetStateValidationParameter("root")
		if err == nil && string(got) != string(policy) {
			t.Errorf("the policy reads %x", got)
		}
		return err
	})
	usual, special := c.by(meridian, meridian, harbor), c.by(meridian, authority, lantern)
	if got := c.verdict(write("root", "2"), usual); got != fakeledger.EndorsementPolicyFailure {
		t.Errorf("the chaincode's pair writes a guarded key: %s", got)
	}
	if got := c.verdict(guard, usual); got != fakeledger.EndorsementPolicyFailure {
		t.Errorf("the chaincode's pair changes the policy: %s", got)
	}
	if got := c.verdict(write("root", "3"), special); got != fakeledger.Valid || string(c.State("root")) != "3" {
		t.Errorf("the key's own pair: %s", got)
	}
	if got := c.verdict(write("root", "4"), usual); got != fakeledger.EndorsementPolicyFailure {
		t.Errorf("a write took the policy away: %s", got)
	}
	if got := c.verdict(function(func(stub shim.ChaincodeStubInterface) error { return stub.DelState("root") }), special); got != fakeledger.Valid {
		t.Errorf("deleting: %s", got)
	}
	if got := c.verdict(write("root", "5"), usual); got != fakeledger.Valid {
		t.Errorf("a deleted key keeps its policy: %s", got)
	}
}

func TestAKeyPolicyDoesNotCoverCreationAndNeedsAKey(t *testing.T) {
	c := newChannel(t)
	policy := encoded(t, fakeledger.AnyOf([]string{authority}))
	c.submit(func(stub shim.ChaincodeStubInterface) error { return stub.SetStateValidationParameter("a", policy) })
	if got := c.verdict(write("a", "1"), c.usual()); got != fakeledger.Valid {
		t.Errorf("a policy on a key that did not exist was kept: %s", got)
	}
	c.submit(both(write("b", "1"), func(stub shim.ChaincodeStubInterface) error {
		return stub.SetStateValidationParameter("b", policy)
	}))
	if got := c.verdict(write("b", "2"), c.usual()); got != fakeledger.EndorsementPolicyFailure {
		t.Errorf("a policy set with the first value was lost: %s", got)
	}
	private := function(func(stub shim.ChaincodeStubInterface) error {
		if err := stub.PutPrivateData(pair, "k", []byte("1")); err != nil {
			return err
		}
		return stub.SetPrivateDataValidationParameter(pair, "k", policy)
	})
	c.submit(private)
	if got := c.verdict(private, c.usual()); got != fakeledger.EndorsementPolicyFailure {
		t.Errorf("a private key's policy gives way to the collection's: %s", got)
	}
	if got := c.verdict(private, c.by(meridian, authority)); got != fakeledger.Valid {
		t.Errorf("a private key's own policy: %s", got)
	}
}

func TestAPolicyChangedInTheSameBlockFailsTheNextWrite(t *testing.T) {
	c := newChannel(t)
	c.put("a", "1")
	change := c.endorse(func(stub shim.ChaincodeStubInterface) error { return stub.SetStateValidationParameter("a", nil) })
	next := c.endorse(readThenWrite("a", "a"))
	other := c.endorse(write("b", "1"))
	sameVerdicts(t, c.Commit(change, next, other),
		fakeledger.Valid, fakeledger.EndorsementPolicyFailure, fakeledger.Valid)
	if got := c.verdict(write("a", "2"), c.usual()); got != fakeledger.Valid {
		t.Errorf("in the next block: %s", got)
	}
}

func TestAPolicyThatCannotBeReadHaltsEveryPeer(t *testing.T) {
	c := newChannel(t)
	c.submit(both(write("a", "1"), func(stub shim.ChaincodeStubInterface) error {
		return stub.SetStateValidationParameter("a", []byte("no policy"))
	}))
	tx := c.endorse(write("a", "2"))
	defer func() {
		if caught, ok := recover().(string); !ok || !strings.Contains(caught, "halts every peer") {
			t.Errorf("went on with %v", caught)
		}
	}()
	c.Commit(tx)
}

func TestAConfigurationThatNoChannelHasPanics(t *testing.T) {
	good := fakeledger.AnyOf([]string{harbor})
	one := []string{harbor}
	outOfRange := proto.Clone(good).(*common.SignaturePolicyEnvelope)
	outOfRange.Identities = nil
	byUnit := proto.Clone(good).(*common.SignaturePolicyEnvelope)
	byUnit.Identities[0].PrincipalClassification = msp.MSPPrincipal_ORGANIZATION_UNIT
	hollow := &common.SignaturePolicyEnvelope{Rule: &common.SignaturePolicy{}}
	for name, bad := range map[string]fakeledger.Config{
		"no member":           {Policy: good},
		"no policy":           {Members: one},
		"no such principal":   {Members: one, Policy: outOfRange},
		"principal by unit":   {Members: one, Policy: byUnit},
		"empty rule":          {Members: one, Policy: hollow},
		"unnamed collection":  {Members: one, Policy: good, Collections: []fakeledger.Collection{{Members: one}}},
		"collection twice":    {Members: one, Policy: good, Collections: []fakeledger.Collection{{Name: "c"}, {Name: "c"}}},
		"unknown member":      {Members: one, Policy: good, Collections: []fakeledger.Collection{{Name: "c", Members: []string{"X"}}}},
		"a collection's rule": {Members: one, Policy: good, Collections: []fakeledger.Collection{{Name: "c", Policy: hollow}}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the ledger opened")
				}
			}()
			fakeledger.New(bad)
		})
	}
}
