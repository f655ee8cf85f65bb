package network

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
)

// consortia are the one that is compiled in, and larger ones of the same rules.
func consortia(t *testing.T) map[string]Consortium {
	t.Helper()
	base, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	third := grown(base, Member{ID: "beacon", Name: "Beacon", Kind: Platform, MSPID: "BeaconMSP", Domain: "beacon.tallystick.test"})
	bank := grown(base, Member{ID: "zenith", Name: "Zenith Bank", Kind: Custodian, MSPID: "ZenithMSP", Domain: "zenith.tallystick.test"})
	return map[string]Consortium{"as compiled in": base, "a third platform": third, "a second custodian": bank}
}

func grown(base Consortium, more ...Member) Consortium {
	base.Members = append(slices.Clone(base.Members), more...)
	return base
}

// present says, in the rule's own words, which members have signed.
type present struct {
	consortium Consortium
	mspIDs     []string
}

func (p present) has(mspID string) bool { return slices.Contains(p.mspIDs, mspID) }

func (p present) count(kinds ...Kind) int {
	count := 0
	for _, member := range p.consortium.Members {
		if slices.Contains(kinds, member.Kind) && p.has(member.MSPID) {
			count++
		}
	}
	return count
}

// rule is a policy, and who it should let through, said without policies.
type rule struct {
	name   string
	role   msp.MSPRole_MSPRoleType
	policy *common.SignaturePolicyEnvelope
	expect func(present) bool
}

func rules(c Consortium) []rule {
	all := []rule{
		{"chaincode", msp.MSPRole_PEER, c.EndorsementPolicy().Envelope(), func(p present) bool {
			return p.count(Platform, Custodian, Regulator) >= 2 && p.count(Custodian, Regulator) >= 1
		}},
		{"root keys", msp.MSPRole_PEER, c.RootKeyPolicy().Envelope(), func(p present) bool {
			return p.count(Regulator) >= 1 && p.count(Platform, Custodian, Regulator) >= 2
		}},
		{"lifecycle", msp.MSPRole_PEER, c.LifecyclePolicy().Envelope(), oneOfEach},
		{"administration", msp.MSPRole_ADMIN, c.AdminPolicy().Envelope(), oneOfEach},
	}
	for _, collection := range c.Collections() {
		all = append(all, rule{
			"collection " + collection.Name, msp.MSPRole_PEER,
			collection.config().GetStaticCollectionConfig().GetEndorsementPolicy().GetSignaturePolicy(),
			collectionRule(collection),
		})
	}
	return all
}

func oneOfEach(p present) bool {
	return p.count(Platform) >= 1 && p.count(Custodian) >= 1 && p.count(Regulator) >= 1
}

// collectionRule is the custodian of the collection together with its platform or the regulator.
// In the collection of several custodians any of them will do.
func collectionRule(collection Collection) func(present) bool {
	return func(p present) bool {
		custodian, other := false, false
		for _, member := range collection.Members {
			signed := p.has(member.MSPID)
			custodian = custodian || signed && member.Kind == Custodian
			other = other || signed && member.Kind != Custodian
		}
		return custodian && other
	}
}

// endorsers are two peers, or administrators, of every member.
func endorsers(c Consortium, role msp.MSPRole_MSPRoleType) []signer {
	var all []signer
	for _, member := range c.Members {
		for _, name := range []string{"first", "second"} {
			all = append(all, signer{mspID: member.MSPID, name: name, role: role})
		}
	}
	return all
}

func TestEverySubsetOfEndorsersAgainstEveryPolicy(t *testing.T) {
	for name, consortium := range consortia(t) {
		t.Run(name, func(t *testing.T) {
			for _, rule := range rules(consortium) {
				t.Run(rule.name, func(t *testing.T) { checkEverySubset(t, consortium, rule) })
			}
		})
	}
}

func checkEverySubset(t *testing.T, consortium Consortium, rule rule) {
	all := endorsers(consortium, rule.role)
	accepted := 0
	for subset := range 1 << len(all) {
		var signers []signer
		var mspIDs []string
		for i, each := range all {
			if subset&(1<<i) != 0 {
				signers = append(signers, each)
				mspIDs = append(mspIDs, each.mspID)
			}
		}
		want := rule.expect(present{consortium, mspIDs})
		if want {
			accepted++
		}
		if got := satisfied(rule.policy, signers); got != want {
			t.Errorf("%v: got %v, want %v", signers, got, want)
		}
		slices.Reverse(signers)
		if got := satisfied(rule.policy, signers); got != want {
			t.Errorf("%v, in this order: got %v, want %v", signers, got, want)
		}
	}
	if accepted == 0 || accepted == 1<<len(all) {
		t.Errorf("the rule accepts %d of %d subsets: it decides nothing", accepted, 1<<len(all))
	}
}

// A client, an administrator or an orderer is no endorser, of whatever member it is.
func TestOnlyPeersEndorse(t *testing.T) {
	consortium, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules(consortium) {
		for _, role := range []msp.MSPRole_MSPRoleType{msp.MSPRole_CLIENT, msp.MSPRole_ADMIN, msp.MSPRole_ORDERER, msp.MSPRole_PEER} {
			got := satisfied(rule.policy, endorsers(consortium, role))
			if want := role == rule.role; got != want {
				t.Errorf("%s signed by everyone's %s: got %v, want %v", rule.name, role, got, want)
			}
		}
	}
}

// The enumerated form is not a matter of taste: this is what the nested one would do.
func TestNestedFormWouldMisjudge(t *testing.T) {
	principals := []*msp.MSPPrincipal{
		principal("M", msp.MSPRole_PEER), principal("A", msp.MSPRole_PEER), principal("H", msp.MSPRole_PEER),
	}
	nested := &common.SignaturePolicyEnvelope{
		Identities: principals,
		Rule: outOf(2, []*common.SignaturePolicy{
			outOf(1, []*common.SignaturePolicy{signedBy(0), signedBy(1)}),
			outOf(1, []*common.SignaturePolicy{signedBy(0), signedBy(1), signedBy(2)}),
		}),
	}
	peer := func(mspID, name string) signer { return signer{mspID, name, msp.MSPRole_PEER} }
	if satisfied(nested, []signer{peer("M", "first"), peer("A", "first")}) {
		t.Error("the nested form accepts custodian and regulator: the evaluation does not spend signatures as Fabric does")
	}
	if !satisfied(nested, []signer{peer("M", "first"), peer("M", "second")}) {
		t.Error("the nested form refuses two peers of one member: the evaluation does not spend signatures as Fabric does")
	}
}

func TestExpressions(t *testing.T) {
	consortium, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ got, want string }{
		{
			consortium.EndorsementPolicy().Expression(),
			"OR(AND('HarborMSP.peer', 'MeridianMSP.peer'), AND('HarborMSP.peer', 'AuthorityMSP.peer'), " +
				"AND('LanternMSP.peer', 'MeridianMSP.peer'), AND('LanternMSP.peer', 'AuthorityMSP.peer'), " +
				"AND('MeridianMSP.peer', 'AuthorityMSP.peer'))",
		},
		{
			consortium.AdminPolicy().Expression(),
			"OR(AND('AuthorityMSP.admin', 'MeridianMSP.admin', 'HarborMSP.admin'), " +
				"AND('AuthorityMSP.admin', 'MeridianMSP.admin', 'LanternMSP.admin'))",
		},
	} {
		if test.got != test.want {
			t.Errorf("got  %s\nwant %s", test.got, test.want)
		}
	}
}

func ExampleConsortium_RootKeyPolicy() {
	consortium, err := Default()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, group := range consortium.RootKeyPolicy().Groups() {
		fmt.Println(group)
	}
	// Output:
	// [HarborMSP AuthorityMSP]
	// [LanternMSP AuthorityMSP]
	// [MeridianMSP AuthorityMSP]
}
