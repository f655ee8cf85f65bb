package ledger

import (
	"encoding/json"
	"fmt"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Read answers the records under the keys of the items, as they are committed: a JSON list, null for
// what is not there. It writes nothing. Items of a private read are handles.
func Read(ctx contractapi.TransactionContextInterface, name string, key func(item string) string) (string, error) {
	return ReadEach(ctx, name, func(tx *Tx, items []string) ([]json.RawMessage, error) {
		if len(items) == 0 {
			return nil, fault.New(fault.BatchEmpty)
		}
		keys := make([]string, len(items))
		for i, item := range items {
			if tx.Function.Private && !wire.IsHandle(item) {
				return nil, fault.In(fault.InvalidField, fmt.Sprintf("items[%d]", i))
			}
			keys[i] = key(item)
		}
		return tx.Records(keys...)
	})
}

// ReadEach answers a read that finds its records in its own way.
func ReadEach(ctx contractapi.TransactionContextInterface, name string, find func(tx *Tx, items []string) ([]json.RawMessage, error)) (string, error) {
	tx, err := begin(ctx.GetStub(), name, true)
	if err != nil {
		return "", tx.refuse(err)
	}
	answer, err := tx.read(ctx.GetStub(), find)
	if err != nil {
		return "", tx.refuse(err)
	}
	return answer, nil
}

func (tx *Tx) read(stub shim.ChaincodeStubInterface, find func(tx *Tx, items []string) ([]json.RawMessage, error)) (string, error) {
	raw, err := body(stub, tx.Function)
	if err != nil {
		return "", err
	}
	request, err := decodeRead(raw, tx.Function)
	if err != nil {
		return "", err
	}
	bootstrapped, err := tx.loadMembers()
	if err != nil {
		return "", err
	}
	if !bootstrapped {
		return "", fault.New(fault.NotBootstrapped)
	}
	if err := tx.identify(); err != nil {
		return "", err
	}
	if err := tx.authorise(request.Collection); err != nil {
		return "", err
	}
	records, err := find(tx, request.Items)
	if err != nil {
		return "", err
	}
	text, err := wire.Encode(records)
	if err != nil {
		return "", defect("encode the answer", err)
	}
	return string(text), nil
}

// Records answers the bytes under keys of the request's collection, null for what is not there.
func (tx *Tx) Records(keys ...string) ([]json.RawMessage, error) {
	if err := tx.Prefetch(tx.Collection, keys...); err != nil {
		return nil, err
	}
	records := make([]json.RawMessage, len(keys))
	for i, key := range keys {
		raw, err := tx.Raw(tx.Collection, key)
		if err != nil {
			return nil, err
		}
		if records[i] = raw; raw == nil {
			records[i] = json.RawMessage("null")
		}
	}
	return records, nil
}

// Scan answers every public record whose key begins with a folder such as "regime" and a slash, in
// the order of the keys. It is for reads: in a command it would make every new key a conflict.
func (tx *Tx) Scan(folder string) ([]json.RawMessage, error) {
	const slash, afterSlash = "/", "0"
	found, err := tx.pages.stub.GetStateByRange(folder+slash, folder+afterSlash)
	if err != nil {
		return nil, peerDefect("read a folder of keys", err)
	}
	defer func() { _ = found.Close() }() // it only gives back what the peer held open
	records := []json.RawMessage{}
	for found.HasNext() {
		next, err := found.Next()
		if err != nil {
			return nil, peerDefect("read a folder of keys", err)
		}
		records = append(records, next.GetValue())
	}
	return records, nil
}
