package network

import (
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// exposureName is the collection that custodians and regulators share. It holds what borrowers owe
// across platforms, which no platform may see.
const exposureName = "exposure"

// requiredCopies is to how many other members' peers an endorser hands private data before it signs. Two
// members endorse and hold it already, so nothing rests on a single peer; the third holder fetches what it
// was not handed when it commits the block. Handing everything to everybody costs the holders more than
// anything else they do with a receipt (docs/performance.md).
const requiredCopies = 1

// Collection is private data: who holds it, and who must endorse a write to it.
type Collection struct {
	Name    string
	Members []Member
	Policy  Policy
}

// CollectionName is the collection in which a platform and a custodian keep their business.
func CollectionName(platform, custodian Member) string {
	return platform.ID + "-" + custodian.ID
}

// ExposureCollection is the name of the collection of custodians and regulators.
func ExposureCollection() string { return exposureName }

// Collections lists every collection of the chaincode. The order and the names are final: Fabric
// never lets a collection be removed.
func (c Consortium) Collections() []Collection {
	var collections []Collection
	for _, platform := range c.OfKind(Platform) {
		for _, custodian := range c.OfKind(Custodian) {
			collections = append(collections, c.businessOf(platform, custodian))
		}
	}
	return append(collections, c.exposure())
}

// CollectionNames lists the names alone, in the same order.
func (c Consortium) CollectionNames() []string {
	collections := c.Collections()
	names := make([]string, len(collections))
	for i, collection := range collections {
		names[i] = collection.Name
	}
	return names
}

// businessOf is written with the custodian's endorsement always, beside the platform's or a
// regulator's: a platform that is dead or hostile can hold up nothing that its customers are owed.
func (c Consortium) businessOf(platform, custodian Member) Collection {
	regulators := c.OfKind(Regulator)
	groups := [][]string{{custodian.MSPID, platform.MSPID}}
	for _, regulator := range regulators {
		groups = append(groups, []string{custodian.MSPID, regulator.MSPID})
	}
	return Collection{
		Name:    CollectionName(platform, custodian),
		Members: append([]Member{platform, custodian}, regulators...),
		Policy:  peersOf(groups),
	}
}

func (c Consortium) exposure() Collection {
	custodians, regulators := c.OfKind(Custodian), c.OfKind(Regulator)
	var groups [][]string
	for _, custodian := range custodians {
		for _, regulator := range regulators {
			groups = append(groups, []string{custodian.MSPID, regulator.MSPID})
		}
	}
	return Collection{
		Name:    exposureName,
		Members: append(custodians, regulators...),
		Policy:  peersOf(groups),
	}
}

// CollectionPackage writes the collections as the chaincode's definition carries them. Data never
// expires by itself, and only members read or write it.
func (c Consortium) CollectionPackage() *peer.CollectionConfigPackage {
	configs := &peer.CollectionConfigPackage{}
	for _, collection := range c.Collections() {
		configs.Config = append(configs.Config, collection.config())
	}
	return configs
}

func (c Collection) config() *peer.CollectionConfig {
	return &peer.CollectionConfig{Payload: &peer.CollectionConfig_StaticCollectionConfig{
		StaticCollectionConfig: &peer.StaticCollectionConfig{
			Name:              c.Name,
			MemberOrgsPolicy:  c.membership(),
			RequiredPeerCount: requiredCopies,
			MaximumPeerCount:  requiredCopies,
			MemberOnlyRead:    true,
			MemberOnlyWrite:   true,
			EndorsementPolicy: &peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_SignaturePolicy{
				SignaturePolicy: c.Policy.Envelope(),
			}},
		},
	}}
}

// membership names the holders. Fabric reads it as a list of organisations and accepts nothing
// but an OR of single ones.
func (c Collection) membership() *peer.CollectionPolicyConfig {
	principals := make([]*msp.MSPPrincipal, len(c.Members))
	holders := make([]*common.SignaturePolicy, len(c.Members))
	for i, member := range c.Members {
		principals[i] = principal(member.MSPID, msp.MSPRole_MEMBER)
		holders[i] = signedBy(i)
	}
	return &peer.CollectionPolicyConfig{Payload: &peer.CollectionPolicyConfig_SignaturePolicy{
		SignaturePolicy: &common.SignaturePolicyEnvelope{Rule: outOf(1, holders), Identities: principals},
	}}
}
