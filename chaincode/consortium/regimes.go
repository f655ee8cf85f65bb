package consortium

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// ProposeRegime puts regime packs on the record. Proposing counts as no approval.
func (c *Contract) ProposeRegime(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.Run(ctx, "Consortium:ProposeRegime", func(tx *ledger.Tx, p wire.ProposedRegime) error {
		if !party.ValidID(p.ID) {
			return fault.In(fault.InvalidField, "id")
		}
		if err := p.CheckFourEyes(); err != nil {
			return err
		}
		_, err := decide(tx, p.ID, regime.Propose{Pack: p.Pack(), Actor: tx.Actor})
		return err
	})
}

// ApproveRegime adds the submitter's approval to packs, each named with the digest of what was read.
// The approval that makes a pack adopted lists it in the root key.
func (c *Contract) ApproveRegime(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.Run(ctx, "Consortium:ApproveRegime", func(tx *ledger.Tx, a wire.ApprovedRegime) error {
		if !party.ValidID(a.ID) {
			return fault.In(fault.InvalidField, "id")
		}
		pack, err := decide(tx, a.ID, regime.Approve{On: tx.RecordedOn(), Actor: tx.Actor})
		if err != nil {
			return err
		}
		digest, err := wire.PackDigest(pack)
		if err != nil {
			return err
		}
		if a.Digest != digest {
			return fault.In(fault.CommitmentMismatch, "digest")
		}
		return adopt(tx, pack, digest)
	})
}

// adopt lists a pack that has its approvals and is not listed yet. From then on the pack's own key needs
// the regulator's endorsement too: whoever could write over it could stop every loan under it.
func adopt(tx *ledger.Tx, pack regime.Pack, digest string) error {
	if !pack.Adopted() {
		return nil
	}
	root, _, err := ledger.Get[wire.Root](tx, "", wire.RootRegimes)
	if err != nil {
		return err
	}
	if _, listed := root.Find(pack.ID); listed {
		return nil
	}
	if err := list(tx, wire.RootRegimes, wire.Listed{ID: pack.ID, Digest: digest}); err != nil {
		return err
	}
	return guard(tx, tx.Members(), wire.RegimeKey(pack.ID))
}

// RetireRegime ends new business under adopted packs after a day. Only the regulator's own programs and one
// more member's can write it: an adopted pack's key is guarded.
func (c *Contract) RetireRegime(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.Run(ctx, "Consortium:RetireRegime", func(tx *ledger.Tx, r wire.RetiredRegime) error {
		if !party.ValidID(r.ID) {
			return fault.In(fault.InvalidField, "id")
		}
		_, err := decide(tx, r.ID, regime.Retire{Until: r.Until, On: tx.RecordedOn(), Actor: tx.Actor})
		return err
	})
}

// decide puts a command to a pack's record, saves what follows from it, and answers the pack.
func decide(tx *ledger.Tx, id string, command regime.Command) (regime.Pack, error) {
	key := wire.RegimeKey(id)
	pack, _, err := ledger.Load[regime.Pack](tx, "", key)
	if err != nil {
		return pack, err
	}
	events, err := regime.Decide(pack, command)
	if err != nil {
		return pack, err
	}
	for _, e := range events {
		pack = regime.Apply(pack, e)
	}
	return pack, ledger.Save(tx, "", key, pack, events)
}
