package consortium

import (
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// guardRoots sets the endorsement policy of both root keys to the regulator and any one other member.
func guardRoots(tx *ledger.Tx, members []wire.Member) error {
	policy, err := regulatorAndAnother(members)
	if err != nil {
		return err
	}
	if err := tx.SetPolicy(wire.RootMembers, policy); err != nil {
		return err
	}
	return tx.SetPolicy(wire.RootRegimes, policy)
}

// regulatorAndAnother enumerates the pairs, because Fabric counts a signature once over all branches
// of a policy: AND(regulator, OR(the others)) would refuse pairs that ought to pass.
func regulatorAndAnother(members []wire.Member) ([]byte, error) {
	var principals []*msp.MSPPrincipal
	var pairs []*common.SignaturePolicy
	regulator := -1
	for i, m := range members {
		role, err := proto.Marshal(&msp.MSPRole{MspIdentifier: m.MSPID, Role: msp.MSPRole_PEER})
		if err != nil {
			return nil, fmt.Errorf("encode a member's principal: %w", err)
		}
		principals = append(principals, &msp.MSPPrincipal{
			PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: role,
		})
		if m.Kind == party.Regulator {
			regulator = i
		}
	}
	for i := range members {
		if i != regulator {
			pairs = append(pairs, outOf(2, signedBy(regulator), signedBy(i)))
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
