package party

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Link leads parties to the common pseudonyms of the people behind them, in exposure, where no
// platform reads. A link is written once: the party must have the custodian's word first, and a
// second link is refused.
func (c *Contract) Link(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.PartyLink]{Name: "Party:Link", Prepare: prefetchLinks, Apply: link}.Run(ctx)
}

func prefetchLinks(tx *ledger.Tx, items []wire.PartyLink) error {
	if err := prefetch(func(l wire.PartyLink) string { return l.Handle })(tx, items); err != nil {
		return err
	}
	keys := make([]string, len(items))
	for i, l := range items {
		keys[i] = wire.LinkKey(l.Handle)
	}
	return tx.Prefetch(wire.Exposure, keys...)
}

// linkable refuses a link, or a succession, of a party that lacks the custodian's word.
func linkable(tx *ledger.Tx, l wire.PartyLink) error {
	switch {
	case !wire.IsHandle(l.Handle):
		return fault.In(fault.InvalidField, "handle")
	case !wire.IsHandle(l.Pseudonym):
		return fault.In(fault.InvalidField, "pseudonym")
	}
	state, _, err := ledger.Load[party.State](tx, tx.Collection, wire.PartyKey(l.Handle))
	switch {
	case err != nil:
		return err
	case !state.Exists():
		return fault.New(fault.PartyUnknown)
	case state.CustodianAttested.IsZero():
		return fault.New(fault.AttestationMissing)
	}
	return nil
}

func link(tx *ledger.Tx, l wire.PartyLink) error {
	if err := linkable(tx, l); err != nil {
		return err
	}
	key := wire.LinkKey(l.Handle)
	_, exists, err := ledger.Get[wire.Link](tx, wire.Exposure, key)
	if err != nil {
		return err
	}
	if exists {
		return fault.New(fault.AlreadyExists)
	}
	return ledger.Put(tx, wire.Exposure, key, wire.Link{
		Version: wire.Version, Salt: tx.Salt(wire.Exposure, key), Party: l.Handle, Pseudonym: l.Pseudonym,
	})
}
