// Package party is the contract that keeps parties: pseudonyms that platform and custodian attest.
//
// Everything lives in the collection of the platform and the custodian, under one key a party; the
// link to a common pseudonym lives in exposure, which no platform sees. What is allowed, core/party
// decides; the date it goes by is the custodian's business date. Every command is a list, private,
// and idempotent by its request id.
//
// The contract never sees a name, an identity number or an account number, and never moves money.
package party

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Contract is the contract Party.
type Contract struct{ contractapi.Contract }

// New names the contract.
func New() *Contract {
	c := &Contract{}
	c.Name = "Party"
	return c
}

// Attest takes one side's word for parties. The first side creates the record; once both have said
// the same, the party counts.
func (c *Contract) Attest(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.Attestation]{
		Name:    "Party:Attest",
		Prepare: prefetch(func(a wire.Attestation) string { return a.Identity.Handle }),
		Apply: func(tx *ledger.Tx, a wire.Attestation) error {
			if err := ofThisPair(tx, a.Identity); err != nil {
				return err
			}
			return decide(tx, a.Identity.Handle, func(on calendar.Date) party.Command {
				return party.Attest{Actor: tx.Actor, On: on, Identity: a.Identity, AccountDigest: a.AccountDigest}
			})
		},
	}.Run(ctx)
}

// VerifyAccount takes the custodian's word for a new bank account of a party's own.
func (c *Contract) VerifyAccount(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.PartyAccount]{
		Name:    "Party:VerifyAccount",
		Prepare: prefetch(func(a wire.PartyAccount) string { return a.Handle }),
		Apply: func(tx *ledger.Tx, a wire.PartyAccount) error {
			return decide(tx, a.Handle, func(on calendar.Date) party.Command {
				return party.VerifyAccount{Actor: tx.Actor, On: on, Handle: a.Handle, AccountDigest: a.AccountDigest}
			})
		},
	}.Run(ctx)
}

// Renew sets level and expiry anew: the custodian's word at once, the platform's as a proposal.
func (c *Contract) Renew(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.PartyRenewal]{
		Name:    "Party:Renew",
		Prepare: prefetch(func(r wire.PartyRenewal) string { return r.Handle }),
		Apply: func(tx *ledger.Tx, r wire.PartyRenewal) error {
			return decide(tx, r.Handle, func(on calendar.Date) party.Command {
				renewal := party.Renewal{KYCLevel: r.KYCLevel, Expires: r.Expires}
				return party.Renew{Actor: tx.Actor, On: on, Handle: r.Handle, Renewal: renewal}
			})
		},
	}.Run(ctx)
}

// RotateKey replaces the key that speaks for a party by one that the old key signed.
func (c *Contract) RotateKey(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.KeyRotation]{
		Name:    "Party:RotateKey",
		Prepare: prefetch(func(r wire.KeyRotation) string { return r.Handle }),
		Apply: func(tx *ledger.Tx, r wire.KeyRotation) error {
			return decide(tx, r.Handle, func(on calendar.Date) party.Command {
				return party.RotateKey{Actor: tx.Actor, On: on, Handle: r.Handle, Key: r.Key, Signature: r.Signature}
			})
		},
	}.Run(ctx)
}

// Revoke withdraws an attestation for good.
func (c *Contract) Revoke(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.PartyRevocation]{
		Name:    "Party:Revoke",
		Prepare: prefetch(func(r wire.PartyRevocation) string { return r.Handle }),
		Apply: func(tx *ledger.Tx, r wire.PartyRevocation) error {
			return decide(tx, r.Handle, func(on calendar.Date) party.Command {
				return party.Revoke{Actor: tx.Actor, On: on, Handle: r.Handle, Note: r.Note}
			})
		},
	}.Run(ctx)
}

// Read answers parties as they stand.
func (c *Contract) Read(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Read(ctx, "Party:Read", wire.PartyKey)
}

// ofThisPair refuses an identity of other members than those in whose collection it would stand.
func ofThisPair(tx *ledger.Tx, i party.Identity) error {
	switch {
	case i.Platform != tx.Platform:
		return fault.In(fault.InvalidField, "identity.platform")
	case i.Custodian != tx.Custodian:
		return fault.In(fault.InvalidField, "identity.custodian")
	}
	return nil
}

// prefetch reads the records of all items in one call.
func prefetch[T any](handle func(T) string) func(*ledger.Tx, []T) error {
	return func(tx *ledger.Tx, items []T) error {
		keys := make([]string, len(items))
		for i, item := range items {
			keys[i] = wire.PartyKey(handle(item))
		}
		return tx.Prefetch(tx.Collection, keys...)
	}
}

// decide puts a command to a party's record and saves what follows from it.
func decide(tx *ledger.Tx, handle string, command func(on calendar.Date) party.Command) error {
	if !wire.IsHandle(handle) {
		return fault.In(fault.InvalidField, "handle")
	}
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	key := wire.PartyKey(handle)
	state, _, err := ledger.Load[party.State](tx, tx.Collection, key)
	if err != nil {
		return err
	}
	events, err := party.Decide(state, command(on))
	if err != nil {
		return err
	}
	for _, e := range events {
		state = party.Apply(state, e)
	}
	return ledger.Save(tx, tx.Collection, key, state, events)
}
