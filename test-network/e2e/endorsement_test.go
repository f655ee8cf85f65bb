package e2e_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// secondPeer marks a member's second peer in a set of endorsers: "harbor 2".
const secondPeer = " 2"

// A transaction counts only with the endorsements that its policy wants, whoever assembled it. Every
// set of members is tried, and two peers of each member. The envelope is signed here with the peers'
// own keys, as members who conspire could: no client of ours stands in the way, it is ordered, and all
// peers find it invalid.
func TestEverySetOfEndorsersHasTheVerdictOfThePolicy(t *testing.T) {
	c, s := openScene(t)
	isCustodian := func(set []string) bool { return slices.Contains(set, meridian) }
	isRegulator := func(set []string) bool { return slices.Contains(set, authority) }
	policies := []struct {
		name string
		call func() contracttest.Call
		met  func(set []string) bool
	}{
		{
			"of a platform's customers", func() contracttest.Call { return attesting(s) },
			func(set []string) bool {
				return isCustodian(set) && (isRegulator(set) || slices.Contains(set, harbor))
			},
		},
		{
			"of exposures", func() contracttest.Call { return linking(s) },
			func(set []string) bool { return isCustodian(set) && isRegulator(set) },
		},
		{
			"of public records", func() contracttest.Call { return proposingRegime() },
			func(set []string) bool { return distinct(set) > 1 && (isCustodian(set) || isRegulator(set)) },
		},
	}
	for _, policy := range policies {
		t.Run(policy.name, func(t *testing.T) {
			var trials []trial
			for _, set := range endorserSets(c.members()) {
				trials = append(trials, c.forge(t, policy.call(), set))
			}
			for _, tried := range trials {
				c.judge(t, tried, policy.met(tried.endorsers))
			}
		})
	}
	c.checkBooks(t)
}

// attesting is a platform's word about a new party, which depends on nothing else.
func attesting(s *contracttest.Scene) contracttest.Call {
	signer := contracttest.NewSigner(s.T, party.P256)
	return contracttest.Call{
		Member: harbor, Role: party.Machine, Function: "Party:Attest",
		Request: contracttest.Private(contracttest.Pair, wire.Attestation{Identity: party.Identity{
			Handle: contracttest.NewHandle(), Platform: harbor, Custodian: meridian, Kind: party.Natural, KYCLevel: 2,
			Expires: s.Today().AddDays(365), Key: signer.Key,
		}}),
	}
}

// linking is the custodian's word about who is behind a party.
func linking(s *contracttest.Scene) contracttest.Call {
	attested := s.Attested(s.Today(), party.P256)
	return contracttest.Call{
		Member: meridian, Role: party.Machine, Function: "Party:Link",
		Request: contracttest.Private(contracttest.Pair, wire.PartyLink{
			Handle: attested.Handle, Pseudonym: contracttest.NewHandle(),
		}),
	}
}

func proposingRegime() contracttest.Call {
	return contracttest.Call{
		Member: harbor, Role: party.Supervisor, Function: "Consortium:ProposeRegime",
		Request: contracttest.Public(contracttest.Sandbox()),
	}
}

// endorserSets are all sets of members but the empty one, and each member with two peers.
func endorserSets(members []string) [][]string {
	var sets [][]string
	for bits := 1; bits < 1<<len(members); bits++ {
		var set []string
		for i, member := range members {
			if bits&(1<<i) != 0 {
				set = append(set, member)
			}
		}
		sets = append(sets, set)
	}
	for _, member := range members {
		sets = append(sets, []string{member, member + secondPeer})
	}
	return sets
}

func distinct(set []string) int {
	seen := map[string]bool{}
	for _, endorser := range set {
		seen[strings.TrimSuffix(endorser, secondPeer)] = true
	}
	return len(seen)
}

// trial is a transaction that exactly these peers have signed, and the client that can send it.
type trial struct {
	endorsers []string
	client    *ledger.Client
	envelope  *ledger.Envelope
}

// forge prepares a call as it should be and replaces the endorsements by those of a set.
func (c *consortium) forge(t *testing.T, call contracttest.Call, set []string) trial {
	t.Helper()
	client := c.client(t, call.Member, string(call.Role))
	call = contracttest.Approved(t, peers{c}, call)
	honest, err := client.Prepare(within(t, patience), call.Function, call.Encoded(t),
		ledger.EndorsedBy(c.mspIDs(contracttest.DefaultEndorsers(call))...))
	if err != nil {
		t.Fatal(err)
	}
	stored, err := honest.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	forged, err := client.Restore(endorsedBy(t, stored, c.endorsers(t, set)))
	if err != nil {
		t.Fatal(err)
	}
	return trial{set, client, forged}
}

// judge has a transaction ordered and wants the verdict.
func (c *consortium) judge(t *testing.T, tried trial, valid bool) {
	t.Helper()
	pending, err := tried.client.Send(within(t, patience), tried.envelope)
	if err != nil {
		t.Fatalf("endorsed by %v: %v", tried.endorsers, err)
	}
	result, err := pending.Wait(within(t, patience))
	switch {
	case result.TxID == "":
		t.Fatalf("endorsed by %v: %v", tried.endorsers, err)
	case valid && err != nil:
		t.Errorf("endorsed by %v: %v, want it to be valid", tried.endorsers, err)
	case !valid && (result.Code != ledger.Code(peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE) || !errors.Is(err, fault.New(fault.PolicyNotMet))):
		t.Errorf("endorsed by %v: %s, %v, want %s", tried.endorsers, result.Code, err, peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE)
	}
}

// endorser is a peer's identity with its key.
type endorser struct {
	creator []byte
	sign    identity.Sign
}

func (c *consortium) endorsers(t *testing.T, set []string) []endorser {
	t.Helper()
	list := make([]endorser, len(set))
	for i, name := range set {
		member, isSecond := strings.CutSuffix(name, secondPeer)
		files := c.nodeIdentity(member, "peer")
		if isSecond {
			files = c.secondPeerOf(t, member)
		}
		id, sign := signerOf(t, c.mspID(member), files)
		creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: id.MspID(), IdBytes: id.Credentials()})
		if err != nil {
			t.Fatal(err)
		}
		list[i] = endorser{creator, sign}
	}
	return list
}

// secondPeers keeps what was certified once.
var secondPeers = map[string]ledger.IdentityFiles{}

// secondPeerOf has the member's authority certify one more peer.
func (c *consortium) secondPeerOf(t *testing.T, member string) ledger.IdentityFiles {
	t.Helper()
	if files, done := secondPeers[member]; done {
		return files
	}
	files, err := c.issue(within(t, patience), member, "peer2", "peer", "")
	if err != nil {
		t.Fatal(err)
	}
	secondPeers[member] = files
	return files
}

// endorsedBy replaces the endorsements of a stored transaction, whose client is yet to sign it.
func endorsedBy(t *testing.T, stored []byte, endorsers []endorser) []byte {
	t.Helper()
	var (
		prepared gateway.PreparedTransaction
		payload  common.Payload
		tx       peer.Transaction
		action   peer.ChaincodeActionPayload
	)
	opened := errors.Join(
		proto.Unmarshal(stored, &prepared),
		proto.Unmarshal(prepared.GetEnvelope().GetPayload(), &payload),
		proto.Unmarshal(payload.GetData(), &tx),
	)
	if opened != nil || len(tx.GetActions()) != 1 {
		t.Fatalf("open the envelope: %d actions, %v", len(tx.GetActions()), opened)
	}
	if err := proto.Unmarshal(tx.GetActions()[0].GetPayload(), &action); err != nil {
		t.Fatal(err)
	}
	action.Action.Endorsements = nil
	for _, e := range endorsers {
		digest := sha256.Sum256(append(slices.Clone(action.GetAction().GetProposalResponsePayload()), e.creator...))
		signature, err := e.sign(digest[:])
		if err != nil {
			t.Fatal(err)
		}
		action.Action.Endorsements = append(action.Action.Endorsements, &peer.Endorsement{Endorser: e.creator, Signature: signature})
	}
	tx.Actions[0].Payload = encoded(t, &action)
	payload.Data = encoded(t, &tx)
	prepared.Envelope = &common.Envelope{Payload: encoded(t, &payload)}
	return encoded(t, &prepared)
}

func encoded(t *testing.T, message proto.Message) []byte {
	t.Helper()
	raw, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(fmt.Errorf("encode: %w", err))
	}
	return raw
}
