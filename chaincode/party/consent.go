package party

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Consent records what parties signed their leave to.
func (c *Contract) Consent(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.PartyConsent]{
		Name:    "Party:Consent",
		Prepare: prefetch(func(p wire.PartyConsent) string { return p.Handle }),
		Apply: func(tx *ledger.Tx, p wire.PartyConsent) error {
			return decide(tx, p.Handle, func(on calendar.Date) party.Command {
				return party.GiveConsent{
					Actor: tx.Actor, On: on, Handle: p.Handle,
					Purpose: p.Purpose, Text: p.Text, Until: p.Until, Signature: p.Signature,
				}
			})
		},
	}.Run(ctx)
}

// WithdrawConsent ends consents. A freeze, an expiry or a revocation does not stand in the way.
func (c *Contract) WithdrawConsent(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.ConsentWithdrawal]{
		Name:    "Party:WithdrawConsent",
		Prepare: prefetch(func(w wire.ConsentWithdrawal) string { return w.Handle }),
		Apply: func(tx *ledger.Tx, w wire.ConsentWithdrawal) error {
			return decide(tx, w.Handle, func(on calendar.Date) party.Command {
				return party.WithdrawConsent{
					Actor: tx.Actor, On: on, Handle: w.Handle, Sequence: w.Sequence, Signature: w.Signature,
				}
			})
		},
	}.Run(ctx)
}
