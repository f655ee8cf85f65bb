package consortium

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// FreezePlatform keeps platforms from new business by a supervisory order. A further order replaces
// the one in force. From then on the freeze's own key needs the regulator's endorsement too.
func (c *Contract) FreezePlatform(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.Run(ctx, "Consortium:FreezePlatform", func(tx *ledger.Tx, o wire.PlatformOrder) error {
		freeze, err := freezeOf(tx, o)
		if err != nil {
			return err
		}
		if freeze.InForce() && freeze.Order == o.Order {
			return fault.In(fault.AlreadyExists, "order")
		}
		if err := record(tx, freeze, wire.PlatformFrozen, o); err != nil {
			return err
		}
		return guard(tx, tx.Members(), wire.PlatformFreezeKey(o.Platform))
	})
}

// ReleasePlatform lifts the order in force, which it must name.
func (c *Contract) ReleasePlatform(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	return ledger.Run(ctx, "Consortium:ReleasePlatform", func(tx *ledger.Tx, o wire.PlatformOrder) error {
		freeze, err := freezeOf(tx, o)
		switch {
		case err != nil:
			return err
		case !freeze.InForce():
			return fault.New(fault.WrongStatus)
		case freeze.Order != o.Order:
			return fault.In(fault.NotFound, "order")
		}
		return record(tx, freeze, wire.PlatformReleased, o)
	})
}

// freezeOf reads the freeze of the platform that an order speaks of.
func freezeOf(tx *ledger.Tx, o wire.PlatformOrder) (wire.PlatformFreeze, error) {
	if !party.ValidID(o.Order) {
		return wire.PlatformFreeze{}, fault.In(fault.InvalidField, "order")
	}
	member, err := tx.Member(o.Platform)
	if err != nil {
		return wire.PlatformFreeze{}, err
	}
	if member.Kind != party.Platform {
		return wire.PlatformFreeze{}, fault.In(fault.InvalidField, "platform")
	}
	freeze, _, err := ledger.Load[wire.PlatformFreeze](tx, "", wire.PlatformFreezeKey(o.Platform))
	return freeze, err
}

func record(tx *ledger.Tx, freeze wire.PlatformFreeze, kind string, o wire.PlatformOrder) error {
	event := wire.PlatformEvent{
		Kind: kind, Platform: o.Platform, Order: o.Order, By: tx.Actor.Member, On: tx.RecordedOn(),
	}
	key := wire.PlatformFreezeKey(o.Platform)
	return ledger.Save(tx, "", key, freeze.Apply(event), []wire.PlatformEvent{event})
}
