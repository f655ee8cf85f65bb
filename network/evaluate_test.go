package network

import (
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// signer is one node or person whose signature a transaction or configuration bears.
type signer struct {
	mspID string
	name  string
	role  msp.MSPRole_MSPRoleType
}

// evaluation decides a signature policy as Fabric's nodes do. A signature that has met one
// principal is spent and meets no other; a branch that fails gives back what it has spent; and
// every branch of an N-out-of is tried, even when enough have held already, so that a branch that
// was not needed may still spend signatures.
type evaluation struct {
	principals []*msp.MSPPrincipal
	signers    []signer
}

func satisfied(policy *common.SignaturePolicyEnvelope, signers []signer) bool {
	e := evaluation{principals: policy.GetIdentities(), signers: signers}
	return e.holds(policy.GetRule(), make([]bool, len(signers)))
}

func (e evaluation) holds(rule *common.SignaturePolicy, spent []bool) bool {
	branch := rule.GetNOutOf()
	if branch == nil {
		return e.spend(e.principals[rule.GetSignedBy()], spent)
	}
	held := int32(0)
	for _, child := range branch.GetRules() {
		attempt := append([]bool(nil), spent...)
		if e.holds(child, attempt) {
			held++
			copy(spent, attempt)
		}
	}
	return held >= branch.GetN()
}

// spend uses the first unspent signature that meets the principal.
func (e evaluation) spend(principal *msp.MSPPrincipal, spent []bool) bool {
	for i, candidate := range e.signers {
		if !spent[i] && candidate.meets(principal) {
			spent[i] = true
			return true
		}
	}
	return false
}

func (s signer) meets(principal *msp.MSPPrincipal) bool {
	var role msp.MSPRole
	if err := proto.Unmarshal(principal.GetPrincipal(), &role); err != nil {
		return false
	}
	return principal.GetPrincipalClassification() == msp.MSPPrincipal_ROLE &&
		role.GetMspIdentifier() == s.mspID &&
		(role.GetRole() == s.role || role.GetRole() == msp.MSPRole_MEMBER)
}
