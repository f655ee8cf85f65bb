// Package evidence is the contract that anchors digests of documents in a member's own log.
//
// Each member has one append-only Merkle log (RFC 6962), of which the ledger keeps the compact range
// and the root, and one key an entry, so that a digest can be looked up. Both are public: a digest of
// what could be guessed is taken over a salt. A member appends to its own log only, and with one
// append in flight, because every append writes the log's one key.
//
// The contract never sees a document and never says when one came to be: the block does.
package evidence

import (
	"encoding/json"
	"fmt"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Contract is the contract Evidence.
type Contract struct{ contractapi.Contract }

// New names the contract.
func New() *Contract {
	c := &Contract{}
	c.Name = "Evidence"
	return c
}

// Append adds entries at the end of the submitter's log, in the order of the items. What was appended
// in one transaction is one event of the log.
func (c *Contract) Append(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	var batch appending
	return ledger.Command[evidence.Entry]{
		Name: "Evidence:Append", Prepare: batch.prepare, Apply: batch.add, Finish: batch.finish,
	}.Run(ctx)
}

// Find looks digests up in the logs of all members: for each item the list of the places where it was
// anchored, in the order of the members, empty where it was not.
func (c *Contract) Find(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.ReadEach(ctx, "Evidence:Find", find)
}

// ReadLog answers the record of one member's log, null before its first entry.
func (c *Contract) ReadLog(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.ReadEach(ctx, "Evidence:ReadLog", func(tx *ledger.Tx, items []string) ([]json.RawMessage, error) {
		if len(items) == 0 {
			return nil, fault.New(fault.BatchEmpty)
		}
		if _, err := tx.Member(items[0]); err != nil {
			return nil, err
		}
		return tx.Records(wire.EvidenceLogKey(items[0]))
	})
}

func find(tx *ledger.Tx, items []string) ([]json.RawMessage, error) {
	if len(items) == 0 {
		return nil, fault.New(fault.BatchEmpty)
	}
	var keys []string
	for i, digest := range items {
		if !wire.IsDigest(digest) {
			return nil, fault.In(fault.DigestMalformed, fmt.Sprintf("items[%d]", i))
		}
		for _, m := range tx.Members() {
			keys = append(keys, wire.EvidenceEntryKey(m.ID, digest))
		}
	}
	records, err := tx.Records(keys...)
	if err != nil {
		return nil, err
	}
	answer := make([]json.RawMessage, len(items))
	members := len(tx.Members())
	for i := range items {
		places := []json.RawMessage{}
		for _, record := range records[i*members : (i+1)*members] {
			if string(record) != "null" {
				places = append(places, record)
			}
		}
		if answer[i], err = wire.Encode(places); err != nil {
			return nil, fmt.Errorf("encode the places of a digest: %w", err)
		}
	}
	return answer, nil
}
