package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// guards hold who endorsed a transaction against what it wrote, and the endorsement policies that it
// gave to keys against those that the contracts give. A peer that calls a transaction valid has gone by
// the policy of the key: where that was slipped in, only this shows who wrote.
type guards struct {
	profile ledger.Profile
	guarded map[string][]string // a public key that has a policy of its own, and its guardians' MSP ids
}

func newGuards(profile ledger.Profile) guards {
	return guards{profile: profile, guarded: map[string][]string{}}
}

// transaction names the first write that these endorsers could not make, or the first policy that no
// contract sets. A policy counts from the next transaction on.
func (g guards) transaction(tx ledger.Tx) error {
	for _, w := range tx.PublicWrites {
		if w.Namespace != g.profile.Chaincode {
			continue
		}
		if err := g.public(w.Key, tx.Endorsers); err != nil {
			return err
		}
	}
	for _, h := range tx.PrivateHashes {
		if h.Namespace == g.profile.Chaincode && !g.profile.MayWrite(h.Collection, tx.Endorsers) {
			return fmt.Errorf("%s wrote the key with SHA-256 %s in %s, whose policy they do not meet", names(tx.Endorsers), h.KeyHash, h.Collection)
		}
	}
	for _, metadata := range tx.KeyMetadata {
		if metadata.Namespace != g.profile.Chaincode {
			continue
		}
		if err := g.policy(metadata, tx.Endorsers); err != nil {
			return err
		}
	}
	return nil
}

// public holds a public write against the chaincode's policy, and the key's own where it has one.
func (g guards) public(key string, endorsers []string) error {
	if !g.profile.MayWrite("", endorsers) {
		return fmt.Errorf("%s wrote %s, which takes two members, a custodian or a regulator among them", names(endorsers), key)
	}
	guardians, guarded := g.guarded[key]
	if guarded && !slices.ContainsFunc(guardians, func(org string) bool { return slices.Contains(endorsers, org) }) {
		return fmt.Errorf("%s wrote %s, which is guarded by %s", names(endorsers), key, names(guardians))
	}
	return nil
}

// policy accepts what the contracts set: on a public key of governance, that its guardian and another
// member endorse. On a private key they set nothing; the collection's own policy counts there.
func (g guards) policy(metadata ledger.KeyMetadata, endorsers []string) error {
	if metadata.Collection != "" {
		return fmt.Errorf("%s gave the key with SHA-256 %s in %s a policy of its own, which no contract does",
			names(endorsers), metadata.KeyHash, metadata.Collection)
	}
	if err := g.public(metadata.Key, endorsers); err != nil {
		return err
	}
	guardians := g.guardiansOf(metadata.Key)
	groups, err := metadata.Groups()
	if err != nil {
		return fmt.Errorf("the policy given to %s is none of a contract's: %w", metadata.Key, err)
	}
	for _, group := range groups {
		if len(group) != 2 || !slices.ContainsFunc(guardians, func(org string) bool { return slices.Contains(group, org) }) {
			return fmt.Errorf("the policy given to %s lets %s write it, which no contract does", metadata.Key, names(group))
		}
	}
	g.guarded[metadata.Key] = guardians
	return nil
}

// guardiansOf lists of whom one must endorse a key of governance: a regulator, and of a business day its
// custodian. No other key has guardians.
func (g guards) guardiansOf(key string) []string {
	var guardians []string
	for _, member := range g.profile.Members {
		switch {
		case member.Kind == party.Regulator && isGovernance(key),
			member.Kind == party.Custodian && key == wire.DayKey(member.ID):
			guardians = append(guardians, member.MSPID)
		}
	}
	return guardians
}

func isGovernance(key string) bool {
	return key == wire.RootMembers || key == wire.RootRegimes ||
		slices.ContainsFunc([]string{wire.RegimeKey(""), wire.MemberKey(""), wire.PlatformFreezeKey("")}, func(prefix string) bool {
			return strings.HasPrefix(key, prefix)
		})
}

// names lists members as a sentence does.
func names(mspIDs []string) string {
	if len(mspIDs) == 0 {
		return "nobody"
	}
	return strings.Join(mspIDs, " and ")
}
