package ledger_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// keyPolicy is a policy as Fabric keeps it: of each set, all must sign.
func keyPolicy(role msp.MSPRole_MSPRoleType, sets ...[]string) []byte {
	policy := &common.SignaturePolicyEnvelope{}
	var branches []*common.SignaturePolicy
	for _, set := range sets {
		var signers []*common.SignaturePolicy
		for _, org := range set {
			signers = append(signers, &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(len(policy.Identities))}})
			policy.Identities = append(policy.Identities, &msp.MSPPrincipal{Principal: marshal(&msp.MSPRole{MspIdentifier: org, Role: role})})
		}
		branches = append(branches, outOf(len(signers), signers))
	}
	policy.Rule = outOf(1, branches)
	return marshal(policy)
}

func outOf(n int, rules []*common.SignaturePolicy) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{NOutOf: &common.SignaturePolicy_NOutOf{N: int32(n), Rules: rules}}}
}

// What is set beside a key's value decides who may write it next, so a reader must see it, of private
// keys too.
func TestKeyMetadataIsDecoded(t *testing.T) {
	alone := keyPolicy(msp.MSPRole_PEER, []string{"HarborMSP"})
	keyHash := sha256.Sum256([]byte("loan/a"))
	entries := []*kvrwset.KVMetadataEntry{{Name: "VALIDATION_PARAMETER", Value: alone}}
	sets := &rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{{
		Namespace: "tallystick",
		Rwset:     marshal(&kvrwset.KVRWSet{MetadataWrites: []*kvrwset.KVMetadataWrite{{Key: "root/members", Entries: entries}, {Key: "root/regimes"}}}),
		CollectionHashedRwset: []*rwset.CollectionHashedReadWriteSet{{
			CollectionName: "harbor-meridian",
			HashedRwset:    marshal(&kvrwset.HashedRWSet{MetadataWrites: []*kvrwset.KVMetadataWriteHash{{KeyHash: keyHash[:], Entries: entries}}}),
		}},
	}}}
	s, c := connected(t)
	grow(t, s, c, sets, peer.TxValidationCode_VALID)
	block, err := c.Block(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	tx := block.Transactions[0]
	want := []ledger.KeyMetadata{
		{Namespace: "tallystick", Key: "root/members", Name: "VALIDATION_PARAMETER", Value: alone},
		{Namespace: "tallystick", Key: "root/regimes"},
		{Namespace: "tallystick", Collection: "harbor-meridian", KeyHash: hex.EncodeToString(keyHash[:]), Name: "VALIDATION_PARAMETER", Value: alone},
	}
	if !reflect.DeepEqual(tx.KeyMetadata, want) {
		t.Errorf("got %+v", tx.KeyMetadata)
	}
	if want := []string{"MeridianMSP", "HarborMSP"}; !reflect.DeepEqual(tx.Endorsers, want) {
		t.Errorf("endorsed by %v, want %v", tx.Endorsers, want)
	}
}

func TestAKeysPolicyIsReadOnlyInItsPlainForm(t *testing.T) {
	pairs := [][]string{{"AuthorityMSP", "HarborMSP"}, {"AuthorityMSP", "MeridianMSP"}}
	policy := func(value []byte) ledger.KeyMetadata {
		return ledger.KeyMetadata{Name: "VALIDATION_PARAMETER", Value: value}
	}
	if groups, err := policy(keyPolicy(msp.MSPRole_PEER, pairs...)).Groups(); err != nil || !reflect.DeepEqual(groups, pairs) {
		t.Errorf("got %v, %v", groups, err)
	}
	signer := &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: 7}}
	for name, bad := range map[string]ledger.KeyMetadata{
		"nothing":                      policy(nil),
		"no message":                   policy([]byte{0xff}),
		"another name":                 {Name: "X", Value: keyPolicy(msp.MSPRole_PEER, pairs...)},
		"the signatures of members":    policy(keyPolicy(msp.MSPRole_MEMBER, pairs...)),
		"two peers of one member":      policy(keyPolicy(msp.MSPRole_PEER, []string{"AuthorityMSP", "AuthorityMSP"})),
		"a set of nobody":              policy(keyPolicy(msp.MSPRole_PEER, nil)),
		"one of each set":              policy(marshal(&common.SignaturePolicyEnvelope{Rule: outOf(1, []*common.SignaturePolicy{outOf(1, []*common.SignaturePolicy{signer, signer})})})),
		"a signer whom nobody lists":   policy(marshal(&common.SignaturePolicyEnvelope{Rule: outOf(1, []*common.SignaturePolicy{outOf(1, []*common.SignaturePolicy{signer})})})),
		"no signature at all is asked": policy(marshal(&common.SignaturePolicyEnvelope{Rule: outOf(0, nil)})),
	} {
		if groups, err := bad.Groups(); err == nil {
			t.Errorf("%s reads as %v", name, groups)
		}
	}
}

func TestWhoMayWriteWhat(t *testing.T) {
	profile := profileOf("authority", "x:1")
	for _, one := range []struct {
		collection string
		endorsers  []string
		want       bool
	}{
		{"harbor-meridian", []string{"HarborMSP", "MeridianMSP"}, true},
		{"harbor-meridian", []string{"MeridianMSP", "AuthorityMSP"}, true},
		{"harbor-meridian", []string{"LanternMSP", "HarborMSP", "MeridianMSP"}, true},
		{"harbor-meridian", []string{"HarborMSP"}, false},
		{"harbor-meridian", []string{"MeridianMSP", "MeridianMSP"}, false},
		{"harbor-meridian", []string{"HarborMSP", "AuthorityMSP"}, false},
		{"harbor-meridian", []string{"LanternMSP", "MeridianMSP"}, false},
		{"exposure", []string{"MeridianMSP", "AuthorityMSP"}, true},
		{"exposure", []string{"MeridianMSP", "HarborMSP"}, false},
		{"elsewhere", []string{"HarborMSP", "MeridianMSP", "AuthorityMSP"}, false},
		{"", []string{"HarborMSP", "MeridianMSP"}, true},
		{"", []string{"LanternMSP", "AuthorityMSP"}, true},
		{"", []string{"MeridianMSP", "AuthorityMSP"}, true},
		{"", []string{"HarborMSP", "LanternMSP"}, false},
		{"", []string{"AuthorityMSP", "AuthorityMSP"}, false},
	} {
		if got := profile.MayWrite(one.collection, one.endorsers); got != one.want {
			t.Errorf("%v write %q: got %v, want %v", one.endorsers, one.collection, got, one.want)
		}
	}
}
