// Package mandate is the contract that keeps what customers have allowed in advance.
//
// A mandate lives in the collection of its platform and custodian. Its terms are signed with the
// party's own key, which is read from the party's record and never from the input, and count once the
// custodian has confirmed them through a channel of its own (custody guidelines 2017). How much of a
// mandate is used is counted by the contracts that hold cash or instruct collections, through
// core/mandate.
//
// The contract never moves money and never widens terms.
package mandate

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Contract is the contract Mandate.
type Contract struct{ contractapi.Contract }

// New names the contract.
func New() *Contract {
	c := &Contract{}
	c.Name = "Mandate"
	return c
}

// Register puts signed terms on the record. The party must be able to sign: attested by both sides,
// unexpired and not revoked.
func (c *Contract) Register(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.MandateTerms]{
		Name: "Mandate:Register", Prepare: prefetchTerms, Apply: register,
	}.Run(ctx)
}

// Confirm is the custodian's word that parties stand by the terms they signed.
func (c *Contract) Confirm(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.MandateConfirmation]{
		Name:    "Mandate:Confirm",
		Prepare: prefetch(func(m wire.MandateConfirmation) string { return m.Handle }),
		Apply: func(tx *ledger.Tx, m wire.MandateConfirmation) error {
			return decide(tx, m.Handle, func(on calendar.Date, _ mandate.State) (mandate.Command, error) {
				return mandate.Confirm{
					Actor: tx.Actor, On: on, Handle: m.Handle, Channel: m.Channel, SignedTerms: m.SignedTerms,
				}, nil
			})
		},
	}.Run(ctx)
}

// Revoke takes mandates back. What is held under them stays held.
func (c *Contract) Revoke(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[wire.MandateRevocation]{
		Name:    "Mandate:Revoke",
		Prepare: prefetch(func(m wire.MandateRevocation) string { return m.Handle }),
		Apply:   revoke,
	}.Run(ctx)
}

// Read answers mandates as they stand.
func (c *Contract) Read(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Read(ctx, "Mandate:Read", wire.MandateKey)
}

func register(tx *ledger.Tx, m wire.MandateTerms) error {
	switch {
	case m.Terms.Platform != tx.Platform:
		return fault.In(fault.InvalidField, "terms.platform")
	case m.Terms.Custodian != tx.Custodian:
		return fault.In(fault.InvalidField, "terms.custodian")
	case !wire.IsHandle(m.Terms.Party):
		return fault.In(fault.InvalidField, "terms.party")
	}
	return decide(tx, m.Terms.Handle, func(on calendar.Date, _ mandate.State) (mandate.Command, error) {
		holder, _, err := ledger.Load[party.State](tx, tx.Collection, wire.PartyKey(m.Terms.Party))
		if err != nil {
			return nil, err
		}
		key, err := holder.MaySign(on)
		if err != nil {
			return nil, err
		}
		return mandate.Register{Actor: tx.Actor, On: on, Terms: m.Terms, Key: key, Signature: m.Signature}, nil
	})
}

// revoke hands the party's current key to the decision, whatever became of its attestation since: a
// party may always take back what it gave.
func revoke(tx *ledger.Tx, m wire.MandateRevocation) error {
	return decide(tx, m.Handle, func(on calendar.Date, state mandate.State) (mandate.Command, error) {
		command := mandate.Revoke{Actor: tx.Actor, On: on, Handle: m.Handle, Signature: m.Signature}
		if !state.Exists() || len(m.Signature) == 0 && tx.Actor.Kind == party.Custodian {
			return command, nil
		}
		holder, _, err := ledger.Load[party.State](tx, tx.Collection, wire.PartyKey(state.Party))
		if err != nil {
			return nil, err
		}
		command.Key, _ = holder.Key()
		return command, nil
	})
}

func prefetchTerms(tx *ledger.Tx, items []wire.MandateTerms) error {
	keys := make([]string, 0, 2*len(items))
	for _, m := range items {
		keys = append(keys, wire.MandateKey(m.Terms.Handle), wire.PartyKey(m.Terms.Party))
	}
	return tx.Prefetch(tx.Collection, keys...)
}

// prefetch reads the records of all items in one call.
func prefetch[T any](handle func(T) string) func(*ledger.Tx, []T) error {
	return func(tx *ledger.Tx, items []T) error {
		keys := make([]string, len(items))
		for i, item := range items {
			keys[i] = wire.MandateKey(handle(item))
		}
		return tx.Prefetch(tx.Collection, keys...)
	}
}

// decide puts the command that a mandate leads to on the business date to its record.
func decide(tx *ledger.Tx, handle string, command func(calendar.Date, mandate.State) (mandate.Command, error)) error {
	if !wire.IsHandle(handle) {
		return fault.In(fault.InvalidField, "handle")
	}
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	state, err := records.Mandate(tx, handle)
	if err != nil {
		return err
	}
	asked, err := command(on, state)
	if err != nil {
		return err
	}
	return records.StepMandate(tx, handle, asked)
}
