package ledger

import (
	"slices"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Where a member's CA writes what the holder of a certificate may do, and which collections an auditor may
// read: their names with spaces between, or the one word for all of them. Others need no scope.
const (
	roleAttribute  = "role"
	scopeAttribute = "scope"
	scopeOfAll     = "all"
)

// loadMembers reads the members that count: those whose entry is the one that the root key lists. It
// reports false before the consortium is bootstrapped.
func (tx *Tx) loadMembers() (bool, error) {
	root, exists, err := Get[wire.Root](tx, "", wire.RootMembers)
	if err != nil || !exists {
		return false, err
	}
	keys := make([]string, len(root.Listed))
	for i, listed := range root.Listed {
		keys[i] = wire.MemberKey(listed.ID)
	}
	if err := tx.Prefetch("", keys...); err != nil {
		return false, err
	}
	for i, listed := range root.Listed {
		entry, _, err := Get[wire.MemberEntry](tx, "", keys[i])
		if err != nil {
			return false, err
		}
		digest, err := wire.MemberDigest(entry)
		if err != nil {
			return false, defect("encode a member", err)
		}
		if digest == listed.Digest {
			tx.members = append(tx.members, entry.Member)
		}
	}
	return true, nil
}

// identify says for whom and as what the certificate's holder acts. A certificate counts only within
// its own dates, by the transaction's timestamp: an auditor's ends by itself.
func (tx *Tx) identify() error {
	client, err := cid.New(tx.pages.stub)
	if err != nil {
		return fault.In(fault.WrongRole, "certificate")
	}
	certificate, err := client.GetX509Certificate()
	if err != nil || certificate == nil ||
		tx.Timestamp.Before(certificate.NotBefore) || tx.Timestamp.After(certificate.NotAfter) {
		return fault.In(fault.WrongRole, "certificate")
	}
	mspID, err := client.GetMSPID()
	if err != nil {
		return fault.In(fault.WrongRole, "certificate")
	}
	role, _, err := client.GetAttributeValue(roleAttribute)
	if err != nil {
		return fault.In(fault.WrongRole, roleAttribute)
	}
	scope, _, err := client.GetAttributeValue(scopeAttribute)
	if err != nil {
		return fault.In(fault.WrongRole, scopeAttribute)
	}
	tx.scope = strings.Fields(scope)
	tx.creator = wire.Approved{Name: certificate.Subject.CommonName, Fingerprint: wire.Fingerprint(certificate)}
	for _, m := range tx.members {
		if m.MSPID == mspID {
			tx.Actor = party.Actor{Member: m.ID, Kind: m.Kind, Role: party.Role(role)}
			return nil
		}
	}
	return fault.New(fault.MemberUnknown)
}

// authorise holds the actor against the function's row, and against the collection it names.
func (tx *Tx) authorise(collection string) error {
	switch {
	case !slices.Contains(tx.Function.Who, tx.Actor.Kind):
		return fault.New(fault.WrongMember)
	case !slices.Contains(tx.Function.Roles, tx.Actor.Role):
		return fault.New(fault.WrongRole)
	case !tx.Function.Private:
		return nil
	case !tx.covers(collection):
		return fault.In(fault.WrongRole, scopeAttribute)
	}
	return tx.enter(collection)
}

// covers reports whether the certificate's mandate reaches a collection. Only an auditor's is bounded: one
// whose certificate names no scope reads nothing private.
func (tx *Tx) covers(collection string) bool {
	return tx.Actor.Role != party.Auditor ||
		slices.Contains(tx.scope, collection) || slices.Contains(tx.scope, scopeOfAll)
}

// enter refuses a collection that is not the actor's: a platform has its own pairs, a custodian its
// own and what custodians share, the regulator all.
func (tx *Tx) enter(collection string) error {
	tx.Collection = collection
	if collection == wire.Exposure {
		if tx.Actor.Kind == party.Platform {
			return fault.In(fault.WrongMember, "collection")
		}
		return nil
	}
	var known bool
	if tx.Platform, tx.Custodian, known = tx.Pair(collection); !known {
		return fault.In(fault.InvalidField, "collection")
	}
	if tx.Actor.Kind != party.Regulator &&
		!tx.Actor.Is(party.Platform, tx.Platform) && !tx.Actor.Is(party.Custodian, tx.Custodian) {
		return fault.In(fault.WrongMember, "collection")
	}
	return nil
}

// Pair answers the two members whose collection has this name, and false where no two have it.
func (tx *Tx) Pair(collection string) (platform, custodian string, known bool) {
	for _, p := range tx.members {
		if p.Kind != party.Platform {
			continue
		}
		for _, c := range tx.members {
			if c.Kind == party.Custodian && wire.PairCollection(p.ID, c.ID) == collection {
				return p.ID, c.ID, true
			}
		}
	}
	return "", "", false
}
