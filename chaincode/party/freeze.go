package party

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Freeze puts supervisory orders over parties into force.
func (c *Contract) Freeze(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.PartyFreeze]{
		Name:    "Party:Freeze",
		Prepare: prefetch(func(f wire.PartyFreeze) string { return f.Handle }),
		Apply: func(tx *ledger.Tx, f wire.PartyFreeze) error {
			return decide(tx, f.Handle, func(on calendar.Date) party.Command {
				return party.ImposeFreeze{Actor: tx.Actor, On: on, Handle: f.Handle, Order: f.Order, Until: f.Until}
			})
		},
	}.Run(ctx)
}

// Release lifts supervisory orders before they lapse.
func (c *Contract) Release(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.PartyRelease]{
		Name:    "Party:Release",
		Prepare: prefetch(func(r wire.PartyRelease) string { return r.Handle }),
		Apply: func(tx *ledger.Tx, r wire.PartyRelease) error {
			return decide(tx, r.Handle, func(on calendar.Date) party.Command {
				return party.ReleaseFreeze{Actor: tx.Actor, On: on, Handle: r.Handle, Order: r.Order}
			})
		},
	}.Run(ctx)
}
