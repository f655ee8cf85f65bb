package ledger

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// publicMetadata lists what a write set sets beside the values of public keys.
func publicMetadata(namespace string, writes []*kvrwset.KVMetadataWrite) []KeyMetadata {
	var all []KeyMetadata
	for _, w := range writes {
		all = append(all, KeyMetadata{Namespace: namespace, Key: w.GetKey()}.with(w.GetEntries())...)
	}
	return all
}

// privateMetadata lists the same of a collection's keys, of which the block holds the hashes.
func privateMetadata(namespace, collection string, writes []*kvrwset.KVMetadataWriteHash) []KeyMetadata {
	var all []KeyMetadata
	for _, w := range writes {
		at := KeyMetadata{Namespace: namespace, Collection: collection, KeyHash: hex.EncodeToString(w.GetKeyHash())}
		all = append(all, at.with(w.GetEntries())...)
	}
	return all
}

func (m KeyMetadata) with(entries []*kvrwset.KVMetadataEntry) []KeyMetadata {
	if len(entries) == 0 {
		return []KeyMetadata{m}
	}
	all := make([]KeyMetadata, len(entries))
	for i, entry := range entries {
		m.Name, m.Value = entry.GetName(), entry.GetValue()
		all[i] = m
	}
	return all
}

// IsPolicy reports whether it is the endorsement policy of its key.
func (m KeyMetadata) IsPolicy() bool {
	return m.Name == peer.MetaDataKeys_VALIDATION_PARAMETER.String()
}

// Groups lists the sets of MSP ids of whose peers any one set must endorse, as the policy enumerates
// them. A policy of another form, with a set in which a member stands twice included, is an error: the
// contracts write no such policy, and Fabric spends signatures on it in ways that are easily misread.
func (m KeyMetadata) Groups() ([][]string, error) {
	var policy common.SignaturePolicyEnvelope
	if !m.IsPolicy() || !opens(m.Value, &policy) {
		return nil, fmt.Errorf("it is no signature policy")
	}
	anyOf := policy.GetRule().GetNOutOf()
	if anyOf.GetN() != 1 || len(anyOf.GetRules()) == 0 {
		return nil, fmt.Errorf("it is not one of several sets of endorsers")
	}
	peers := peersIn(policy.GetIdentities())
	groups := make([][]string, len(anyOf.GetRules()))
	for i, rule := range anyOf.GetRules() {
		allOf := rule.GetNOutOf()
		if allOf == nil || int(allOf.GetN()) != len(allOf.GetRules()) || len(allOf.GetRules()) == 0 {
			return nil, fmt.Errorf("a set of endorsers in it is not to sign as a whole")
		}
		for _, signer := range allOf.GetRules() {
			signedBy, ok := signer.GetType().(*common.SignaturePolicy_SignedBy)
			if !ok || signedBy.SignedBy < 0 || int(signedBy.SignedBy) >= len(peers) || peers[signedBy.SignedBy] == "" ||
				slices.Contains(groups[i], peers[signedBy.SignedBy]) {
				return nil, fmt.Errorf("a set of endorsers in it does not consist of the peers of different members")
			}
			groups[i] = append(groups[i], peers[signedBy.SignedBy])
		}
	}
	return groups, nil
}

// peersIn gives the member whose peers a principal means, and nothing for every other principal.
func peersIn(principals []*msp.MSPPrincipal) []string {
	members := make([]string, len(principals))
	for i, principal := range principals {
		var role msp.MSPRole
		if principal.GetPrincipalClassification() == msp.MSPPrincipal_ROLE &&
			opens(principal.GetPrincipal(), &role) && role.GetRole() == msp.MSPRole_PEER {
			members[i] = role.GetMspIdentifier()
		}
	}
	return members
}
