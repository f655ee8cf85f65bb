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
var touchesExposure = []string{"Party:Link", "Loan:Clear", "Loan:Relieve"}

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

func pairsOf(custodians, regulators []Member) [][]string {
	var pairs [][]string
	for _, custodian := range custodians {
		for _, regulator := range regulators {
			pairs = append(pairs, []string{custodian.MSPID, regulator.MSPID})
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
