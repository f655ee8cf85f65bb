// Package consortium is the contract of governance: who is a member, which rules apply, and which
// platform may start no new business.
//
// Who founds the consortium is not taken from the request: each member's process was told the founders'
// digest when it was started, and refuses any others. Two root keys say what counts. They are made at bootstrap, and from then on Fabric itself refuses a
// write to them, or to a member or pack that they list, that the regulator's peer and another member's did
// not endorse. Entries count only by the digest that a root lists. A regime pack is adopted once the regulator and a
// custodian have approved it (core/regime decides), and the transaction that completes the approvals
// lists it. Everything here is public: none of it concerns a customer.
//
// The contract never judges whether a rule is lawful, and never changes what was adopted.
package consortium

import (
	"encoding/json"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/wire"
)

// Contract is the contract Consortium.
type Contract struct {
	contractapi.Contract
	founders string
}

// New names the contract. The digest is wire.FoundersDigest of the members that may found the consortium:
// a bootstrap by any others is refused.
func New(founders string) *Contract {
	c := &Contract{founders: founders}
	c.Name = "Consortium"
	return c
}

// ReadMembers answers the members by their ids, or all that count when no item is named.
func (c *Contract) ReadMembers(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.ReadEach(ctx, "Consortium:ReadMembers", func(tx *ledger.Tx, items []string) ([]json.RawMessage, error) {
		if len(items) == 0 {
			for _, m := range tx.Members() {
				items = append(items, m.ID)
			}
		}
		return tx.Records(keysOf(wire.MemberKey, items)...)
	})
}

// ReadRegimes answers regime packs by their ids, proposed ones too, or every one when no item is
// named. Which of them count, RootRegimes says: an adopted pack carries both approvals.
func (c *Contract) ReadRegimes(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.ReadEach(ctx, "Consortium:ReadRegimes", func(tx *ledger.Tx, items []string) ([]json.RawMessage, error) {
		if len(items) == 0 {
			return tx.Scan("regime")
		}
		return tx.Records(keysOf(wire.RegimeKey, items)...)
	})
}

// ReadFreezes answers the freezes of platforms by their ids, lifted ones too, or every one when no
// item is named.
func (c *Contract) ReadFreezes(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.ReadEach(ctx, "Consortium:ReadFreezes", func(tx *ledger.Tx, items []string) ([]json.RawMessage, error) {
		if len(items) == 0 {
			return tx.Scan("freeze")
		}
		return tx.Records(keysOf(wire.PlatformFreezeKey, items)...)
	})
}

func keysOf(key func(string) string, ids []string) []string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = key(id)
	}
	return keys
}
