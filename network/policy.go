package network

import (
	"slices"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// Policy is who must sign together: any one of its groups, and every member of that group. It is
// kept in this enumerated form because Fabric spends a signature on the first branch that matches
// it: a nested OR refuses signatures that should suffice and accepts two of one member.
type Policy struct {
	role   msp.MSPRole_MSPRoleType
	groups [][]string
}

// peersOf makes a policy that is met by the peers of any one of the groups.
func peersOf(groups [][]string) Policy {
	return Policy{role: msp.MSPRole_PEER, groups: groups}
}

// adminsOf makes a policy that is met by administrators of any one of the groups.
func adminsOf(groups [][]string) Policy {
	return Policy{role: msp.MSPRole_ADMIN, groups: groups}
}

// Groups lists the sets of MSP ids of which any one suffices.
func (p Policy) Groups() [][]string {
	groups := make([][]string, len(p.groups))
	for i, group := range p.groups {
		groups[i] = slices.Clone(group)
	}
	return groups
}

// Expression writes the policy in Fabric's policy language.
func (p Policy) Expression() string {
	role := strings.ToLower(p.role.String())
	groups := make([]string, len(p.groups))
	for i, group := range p.groups {
		principals := make([]string, len(group))
		for j, mspID := range group {
			principals[j] = "'" + mspID + "." + role + "'"
		}
		groups[i] = "AND(" + strings.Join(principals, ", ") + ")"
	}
	return "OR(" + strings.Join(groups, ", ") + ")"
}

// Envelope writes the policy as Fabric stores it. Equal policies give equal bytes.
func (p Policy) Envelope() *common.SignaturePolicyEnvelope {
	mspIDs := p.mspIDs()
	branches := make([]*common.SignaturePolicy, len(p.groups))
	for i, group := range p.groups {
		signers := make([]*common.SignaturePolicy, len(group))
		for j, mspID := range group {
			signers[j] = signedBy(slices.Index(mspIDs, mspID))
		}
		branches[i] = outOf(len(signers), signers)
	}
	return &common.SignaturePolicyEnvelope{
		Rule:       outOf(1, branches),
		Identities: p.principals(mspIDs),
	}
}

func (p Policy) mspIDs() []string {
	mspIDs := slices.Concat(p.groups...)
	slices.Sort(mspIDs)
	return slices.Compact(mspIDs)
}

func (p Policy) principals(mspIDs []string) []*msp.MSPPrincipal {
	principals := make([]*msp.MSPPrincipal, len(mspIDs))
	for i, mspID := range mspIDs {
		principals[i] = principal(mspID, p.role)
	}
	return principals
}

func principal(mspID string, role msp.MSPRole_MSPRoleType) *msp.MSPPrincipal {
	return &msp.MSPPrincipal{
		PrincipalClassification: msp.MSPPrincipal_ROLE,
		Principal:               marshal(&msp.MSPRole{MspIdentifier: mspID, Role: role}),
	}
}

// marshal encodes a message of this package's own making. Such a message holds only validated
// UTF-8 names and numbers, and those are all that encoding could refuse.
func marshal(message proto.Message) []byte {
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		panic("encode a policy: " + err.Error())
	}
	return encoded
}

func signedBy(index int) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(index)}}
}

func outOf(n int, rules []*common.SignaturePolicy) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{
		NOutOf: &common.SignaturePolicy_NOutOf{N: int32(n), Rules: rules},
	}}
}
