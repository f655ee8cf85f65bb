package ledger

import (
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Guard gives a public key the policy that its guardian and any one other of the members endorse, from the
// next transaction on. It makes a changed program of two others worthless: their write is never valid.
func (tx *Tx) Guard(key, guardian string, members []wire.Member) error {
	policy, err := guardianAndAnother(guardian, members)
	if err != nil {
		return err
	}
	return tx.SetPolicy(key, policy)
}

// guardianAndAnother enumerates the pairs, because Fabric counts a signature once over all branches of a
// policy: AND(guardian, OR(the others)) would refuse pairs that ought to pass.
func guardianAndAnother(guardian string, members []wire.Member) ([]byte, error) {
	at := slices.IndexFunc(members, func(m wire.Member) bool { return m.ID == guardian })
	if at < 0 {
		return nil, fault.New(fault.MemberUnknown)
	}
	var principals []*msp.MSPPrincipal
	var pairs []*common.SignaturePolicy
	for i, m := range members {
		role, err := proto.Marshal(&msp.MSPRole{MspIdentifier: m.MSPID, Role: msp.MSPRole_PEER})
		if err != nil {
			return nil, fmt.Errorf("encode a member's principal: %w", err)
		}
		principals = append(principals, &msp.MSPPrincipal{
			PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: role,
		})
		if i != at {
			pairs = append(pairs, outOf(2, signedBy(at), signedBy(i)))
		}
	}
	policy := &common.SignaturePolicyEnvelope{Rule: outOf(1, pairs...), Identities: principals}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(policy)
	if err != nil {
		return nil, fmt.Errorf("encode a key's policy: %w", err)
	}
	return raw, nil
}

func signedBy(principal int) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(principal)}}
}

func outOf(n int32, rules ...*common.SignaturePolicy) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{
		NOutOf: &common.SignaturePolicy_NOutOf{N: n, Rules: rules},
	}}
}
