package main

import (
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/network"
)

// guarded is the auditor's profile of the whole consortium.
func guarded(t *testing.T) ledger.Profile {
	t.Helper()
	consortium, err := network.Default()
	if err != nil {
		t.Fatal(err)
	}
	p := ledger.Profile{Member: "authority", Kind: party.Regulator, Chaincode: "tallystick", Collections: consortium.CollectionNames()}
	for _, m := range consortium.Members {
		p.Members = append(p.Members, ledger.Member{ID: m.ID, Kind: party.MemberKind(m.Kind), MSPID: m.MSPID})
	}
	return p
}

// policy is metadata that gives a key of the chaincode's a policy: of each set, all must sign.
func policy(t *testing.T, collection, key string, sets ...[]string) ledger.KeyMetadata {
	t.Helper()
	envelope := &common.SignaturePolicyEnvelope{}
	var branches []*common.SignaturePolicy
	for _, set := range sets {
		var signers []*common.SignaturePolicy
		for _, org := range set {
			signers = append(signers, &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(len(envelope.Identities))}})
			envelope.Identities = append(envelope.Identities, &msp.MSPPrincipal{Principal: encoded(t, &msp.MSPRole{MspIdentifier: org, Role: msp.MSPRole_PEER})})
		}
		branches = append(branches, allOf(len(signers), signers))
	}
	envelope.Rule = allOf(1, branches)
	m := ledger.KeyMetadata{Namespace: "tallystick", Collection: collection, Name: "VALIDATION_PARAMETER", Value: encoded(t, envelope)}
	if collection == "" {
		m.Key = key
	} else {
		m.KeyHash = key
	}
	return m
}

func allOf(n int, rules []*common.SignaturePolicy) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{NOutOf: &common.SignaturePolicy_NOutOf{N: int32(n), Rules: rules}}}
}

func encoded(t *testing.T, message proto.Message) []byte {
	t.Helper()
	raw, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

const (
	harborMSP, lanternMSP     = "HarborMSP", "LanternMSP"
	meridianMSP, authorityMSP = "MeridianMSP", "AuthorityMSP"
)

// endorsed is a valid transaction by its endorsers.
func endorsed(by ...string) ledger.Tx { return ledger.Tx{ID: "t", Endorsers: by} }

func wrote(tx ledger.Tx, key string) ledger.Tx {
	tx.PublicWrites = append(tx.PublicWrites, ledger.Write{Namespace: "tallystick", Key: key})
	return tx
}

func wroteIn(tx ledger.Tx, collection string) ledger.Tx {
	tx.PrivateHashes = append(tx.PrivateHashes, ledger.PrivateHash{Namespace: "tallystick", Collection: collection, KeyHash: "ff"})
	return tx
}

func gave(tx ledger.Tx, metadata ...ledger.KeyMetadata) ledger.Tx {
	tx.KeyMetadata = append(tx.KeyMetadata, metadata...)
	return tx
}

// by is the policy that the contracts give: the guardian, and any one of the others.
func by(t *testing.T, key, guardian string, others ...string) ledger.KeyMetadata {
	t.Helper()
	var sets [][]string
	for _, other := range others {
		sets = append(sets, []string{guardian, other})
	}
	return policy(t, "", key, sets...)
}

func TestWhatTheContractsSetIsAccepted(t *testing.T) {
	consortium, err := network.Default()
	if err != nil {
		t.Fatal(err)
	}
	roots := encoded(t, consortium.RootKeyPolicy().Envelope())
	regulated := func(key string) ledger.KeyMetadata {
		return ledger.KeyMetadata{Namespace: "tallystick", Key: key, Name: "VALIDATION_PARAMETER", Value: roots}
	}
	founding := endorsed(authorityMSP, harborMSP)
	for _, key := range []string{wire.RootMembers, wire.RootRegimes, wire.MemberKey("harbor"), wire.RegimeKey("sandbox")} {
		founding = gave(wrote(founding, key), regulated(key))
	}
	day := wire.DayKey("meridian")
	for i, tx := range []ledger.Tx{
		founding,
		wrote(endorsed(authorityMSP, meridianMSP), wire.RootMembers),
		gave(wrote(endorsed(meridianMSP, harborMSP), wire.PlatformFreezeKey("lantern")), regulated(wire.PlatformFreezeKey("lantern"))),
		gave(wrote(endorsed(meridianMSP, lanternMSP), day), by(t, day, meridianMSP, harborMSP, lanternMSP, authorityMSP)),
		wrote(endorsed(meridianMSP, authorityMSP), day),
		wroteIn(endorsed(meridianMSP, harborMSP), pair),
		wroteIn(endorsed(meridianMSP, authorityMSP), wire.Exposure),
		{ID: "lifecycle", PublicWrites: []ledger.Write{{Namespace: "_lifecycle", Key: "k"}}, KeyMetadata: []ledger.KeyMetadata{{Namespace: "_lifecycle", Key: "k"}}},
	} {
		g := newGuards(guarded(t))
		if err := g.transaction(founding); err != nil {
			t.Fatal(err)
		}
		if err := g.transaction(tx); err != nil {
			t.Errorf("transaction %d: %v", i, err)
		}
	}
}

// A platform and a custodian with a changed program can give a key a policy that lets one of them write
// it alone ever after. Peers go by it, so the check must name it.
func TestAPolicyThatNoContractSetsIsNamed(t *testing.T) {
	founding := gave(wrote(endorsed(authorityMSP, harborMSP), wire.RootMembers), by(t, wire.RootMembers, authorityMSP, harborMSP, meridianMSP))
	for name, one := range map[string]struct {
		tx   ledger.Tx
		want string
	}{
		"Harbor alone on a loan":     {gave(endorsed(meridianMSP, harborMSP), policy(t, pair, "ff", []string{harborMSP})), "in harbor-meridian a policy of its own"},
		"the usual pair on a loan":   {gave(endorsed(meridianMSP, harborMSP), policy(t, pair, "ff", []string{meridianMSP, harborMSP})), "in harbor-meridian a policy of its own"},
		"an alternative on a root":   {gave(endorsed(authorityMSP, harborMSP), policy(t, "", wire.RootRegimes, []string{authorityMSP, harborMSP}, []string{meridianMSP, harborMSP})), "lets MeridianMSP and HarborMSP write"},
		"the regulator alone":        {gave(endorsed(authorityMSP, harborMSP), policy(t, "", wire.RootRegimes, []string{authorityMSP})), "lets AuthorityMSP write"},
		"a policy taken away":        {gave(endorsed(authorityMSP, harborMSP), ledger.KeyMetadata{Namespace: "tallystick", Key: wire.RootMembers}), "none of a contract's"},
		"a log of a member's own":    {gave(endorsed(meridianMSP, harborMSP), by(t, wire.EvidenceLogKey("harbor"), authorityMSP, harborMSP)), "no contract does"},
		"a day of another":           {gave(endorsed(meridianMSP, harborMSP), by(t, wire.DayKey("harbor"), meridianMSP, harborMSP)), "no contract does"},
		"a guarded key's, unguarded": {gave(endorsed(meridianMSP, harborMSP), by(t, wire.RootMembers, authorityMSP, harborMSP)), "guarded by AuthorityMSP"},
	} {
		t.Run(name, func(t *testing.T) { wantNamed(t, one.want, founding, one.tx) })
	}
}

func TestAWriteThatItsEndorsersCouldNotMakeIsNamed(t *testing.T) {
	founding := gave(wrote(endorsed(authorityMSP, harborMSP), wire.RootMembers), by(t, wire.RootMembers, authorityMSP, harborMSP, meridianMSP))
	for name, one := range map[string]struct {
		tx   ledger.Tx
		want string
	}{
		"a platform alone":                 {wroteIn(endorsed(harborMSP), pair), "HarborMSP wrote the key with SHA-256 ff in harbor-meridian"},
		"two peers of a platform":          {wroteIn(endorsed(harborMSP, harborMSP), pair), "in harbor-meridian"},
		"another platform's custodian":     {wroteIn(endorsed(lanternMSP, meridianMSP), pair), "in harbor-meridian"},
		"nobody":                           {wroteIn(endorsed(), pair), "nobody wrote"},
		"a platform in exposures":          {wroteIn(endorsed(harborMSP, meridianMSP), wire.Exposure), "in exposure"},
		"two platforms":                    {wrote(endorsed(harborMSP, lanternMSP), "day/meridian"), "wrote day/meridian, which takes two members"},
		"a root without the regulator":     {wrote(endorsed(harborMSP, meridianMSP), wire.RootMembers), "guarded by AuthorityMSP"},
		"a collection that does not exist": {wroteIn(endorsed(harborMSP, meridianMSP, authorityMSP), "elsewhere"), "in elsewhere"},
	} {
		t.Run(name, func(t *testing.T) { wantNamed(t, one.want, founding, one.tx) })
	}
}

// wantNamed executes a transaction after the founding one, and wants the check to fail with its name.
func wantNamed(t *testing.T, want string, founding, tx ledger.Tx) {
	t.Helper()
	e := newExecution(guarded(t))
	if err := e.guards.transaction(founding); err != nil {
		t.Fatal(err)
	}
	err := e.block(ledger.Block{Number: 7, Transactions: []ledger.Tx{tx}})
	if exitCode(err) != fault.ExitVerified || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "block 7: transaction t:") {
		t.Errorf("got %v, want %q", err, want)
	}
	tx.Code = 11
	if err := e.block(ledger.Block{Number: 8, Transactions: []ledger.Tx{tx}}); err != nil {
		t.Errorf("an invalid transaction counts: %v", err)
	}
}
