package fakeledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// AnyOf is the policy that any one of the groups satisfies when a peer of each of its members signs:
// the enumerated form in which Tallystick states its pairs.
func AnyOf(groups ...[]string) *common.SignaturePolicyEnvelope {
	var members []string
	var alternatives []*common.SignaturePolicy
	for _, group := range groups {
		var all []*common.SignaturePolicy
		for _, member := range group {
			if !slices.Contains(members, member) {
				members = append(members, member)
			}
			all = append(all, signedBy(slices.Index(members, member)))
		}
		alternatives = append(alternatives, outOf(len(all), all...))
	}
	envelope := &common.SignaturePolicyEnvelope{Rule: outOf(1, alternatives...)}
	for _, member := range members {
		envelope.Identities = append(envelope.Identities, peerOf(member))
	}
	return envelope
}

func signedBy(principal int) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(principal)}}
}

func outOf(n int, rules ...*common.SignaturePolicy) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{
		NOutOf: &common.SignaturePolicy_NOutOf{N: int32(n), Rules: rules},
	}}
}

func peerOf(member string) *msp.MSPPrincipal {
	// A message of one string and one enumeration cannot fail to encode.
	role, _ := proto.Marshal(&msp.MSPRole{MspIdentifier: member, Role: msp.MSPRole_PEER})
	return &msp.MSPPrincipal{PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: role}
}

// satisfies tells whether the endorsing peers, one MSP id a peer, satisfy the policy. A signature
// that has served one principal serves no other, and what a satisfied branch has used stays used
// even where the branch was not needed: that is why an OR inside an AND surprises.
func satisfies(policy *common.SignaturePolicyEnvelope, endorsers []string) bool {
	principals := make([]*msp.MSPRole, len(policy.GetIdentities()))
	for i, identity := range policy.GetIdentities() {
		role, err := roleOf(identity)
		if err != nil {
			return false
		}
		principals[i] = role
	}
	return evaluate(policy.GetRule(), principals, endorsers, make([]bool, len(endorsers)))
}

func evaluate(rule *common.SignaturePolicy, principals []*msp.MSPRole, endorsers []string, used []bool) bool {
	if gate := rule.GetNOutOf(); gate != nil {
		satisfied := int32(0)
		for _, child := range gate.GetRules() {
			trial := slices.Clone(used)
			if evaluate(child, principals, endorsers, trial) {
				satisfied++
				copy(used, trial)
			}
		}
		return satisfied >= gate.GetN()
	}
	principal := principals[rule.GetSignedBy()]
	for i, member := range endorsers {
		if !used[i] && isPeerOf(principal, member) {
			used[i] = true
			return true
		}
	}
	return false
}

// isPeerOf tells whether a peer of the member answers to the principal. Endorsers are peers, and a
// peer is also a member; it is neither client nor admin nor orderer.
func isPeerOf(principal *msp.MSPRole, member string) bool {
	switch principal.GetRole() {
	case msp.MSPRole_PEER, msp.MSPRole_MEMBER:
		return principal.GetMspIdentifier() == member
	default:
		return false
	}
}

func roleOf(principal *msp.MSPPrincipal) (*msp.MSPRole, error) {
	if principal.GetPrincipalClassification() != msp.MSPPrincipal_ROLE {
		return nil, fmt.Errorf("principal of kind %s: only roles of members are known here",
			principal.GetPrincipalClassification())
	}
	role := &msp.MSPRole{}
	if err := proto.Unmarshal(principal.GetPrincipal(), role); err != nil {
		return nil, fmt.Errorf("decode the role of a principal: %w", err)
	}
	return role, nil
}

func checkPolicy(policy *common.SignaturePolicyEnvelope) error {
	if policy.GetRule() == nil {
		return errors.New("it has no rule")
	}
	for _, identity := range policy.GetIdentities() {
		if _, err := roleOf(identity); err != nil {
			return err
		}
	}
	return checkRule(policy.GetRule(), len(policy.GetIdentities()))
}

func checkRule(rule *common.SignaturePolicy, principals int) error {
	switch kind := rule.GetType().(type) {
	case *common.SignaturePolicy_SignedBy:
		if kind.SignedBy < 0 || int(kind.SignedBy) >= principals {
			return fmt.Errorf("identity index out of range, requested %d, but identities length is %d",
				kind.SignedBy, principals)
		}
		return nil
	case *common.SignaturePolicy_NOutOf_:
		for _, child := range kind.NOutOf.GetRules() {
			if err := checkRule(child, principals); err != nil {
				return err
			}
		}
		return nil
	default:
		return errors.New("it has an empty element")
	}
}

// decodePolicy reads a key-level policy as the peer does.
func decodePolicy(encoded []byte) (*common.SignaturePolicyEnvelope, error) {
	policy := &common.SignaturePolicyEnvelope{}
	if err := proto.Unmarshal(encoded, policy); err != nil {
		return nil, fmt.Errorf("could not unmarshal signature policy envelope: %w", err)
	}
	if err := checkPolicy(policy); err != nil {
		return nil, err
	}
	return policy, nil
}
