package ledger

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// touchesExposure lists the functions that write the collection of exposures besides their own: its
// policy wants custodian and regulator, and no platform's peer may see it.
var touchesExposure = []string{"Party:Link", "Party:Succeed", "Loan:Clear", "Loan:Relieve"}

// publicEndorsers lists the sets of organisations that can endorse a public command: whom the member's
// peer chooses among those that are up, which nil stands for, and custodian and regulator, who satisfy
// every policy of public state.
func (p Profile) publicEndorsers() [][]string {
	return append([][]string{nil}, pairsOf(p.ofKind(party.Custodian), p.ofKind(party.Regulator))...)
}

// endorsers lists the sets of organisations that can endorse a private command, the one to ask first
// in front.
func (p Profile) endorsers(function wire.Function, collection string) ([][]string, error) {
	if collection == wire.Exposure {
		return pairsOf(p.ofKind(party.Custodian), p.ofKind(party.Regulator)), nil
	}
	platform, custodian, ok := p.pair(collection)
	if !ok {
		return nil, fault.In(fault.InvalidField, "collection")
	}
	guarded := pairsOf([]Member{custodian}, p.ofKind(party.Regulator))
	if slices.Contains(touchesExposure, function.Name) {
		return guarded, nil
	}
	return append([][]string{{custodian.MSPID, platform.MSPID}}, guarded...), nil
}

// MayWrite reports whether the peers of these members together may write a collection, or public state
// where that is empty, by the policies that the network was set up with.
func (p Profile) MayWrite(collection string, endorsers []string) bool {
	for _, group := range p.writers(collection) {
		if !slices.ContainsFunc(group, func(org string) bool { return !slices.Contains(endorsers, org) }) {
			return true
		}
	}
	return false
}

// writers lists the sets of members of whose peers any one set must endorse a write.
func (p Profile) writers(collection string) [][]string {
	platforms, custodians, regulators := p.ofKind(party.Platform), p.ofKind(party.Custodian), p.ofKind(party.Regulator)
	if collection == "" {
		guardians := append(slices.Clone(custodians), regulators...)
		return slices.Concat(pairsOf(platforms, guardians), differing(pairsOf(guardians, guardians)))
	}
	if collection == wire.Exposure {
		return pairsOf(custodians, regulators)
	}
	platform, custodian, ok := p.pair(collection)
	if !ok {
		return nil
	}
	return pairsOf([]Member{custodian}, append(slices.Clone(regulators), platform))
}

// differing leaves out the pairs of a member with itself.
func differing(pairs [][]string) [][]string {
	return slices.DeleteFunc(pairs, func(pair []string) bool { return pair[0] == pair[1] })
}

// pairsOf enumerates the pairs of one of these and one of those.
func pairsOf(these, those []Member) [][]string {
	var pairs [][]string
	for _, one := range these {
		for _, other := range those {
			pairs = append(pairs, []string{one.MSPID, other.MSPID})
		}
	}
	return pairs
}

func mspIDs(members []Member) []string {
	ids := make([]string, len(members))
	for i, member := range members {
		ids[i] = member.MSPID
	}
	return ids
}

// collectionOf reads which collection a request's items live in. It stops reading there: in the order
// of the wire's structs that is before the items.
func collectionOf(body []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return "", fault.New(fault.MalformedRequest)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return "", fault.New(fault.MalformedRequest)
		}
		if name == "collection" {
			var collection string
			if decoder.Decode(&collection) != nil {
				return "", fault.In(fault.InvalidField, "collection")
			}
			return collection, nil
		}
		var skipped json.RawMessage
		if decoder.Decode(&skipped) != nil {
			return "", fault.New(fault.MalformedRequest)
		}
	}
	return "", fault.In(fault.MissingField, "collection")
}
