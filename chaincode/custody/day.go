package custody

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// openBooks keeps a secret that is never replaced: the handles derived from it name bank entries, and a
// new secret would let one be booked again.
func openBooks(tx *ledger.Tx, item wire.OpenBooks) error {
	if !wire.IsDigest(item.Secret) {
		return fault.In(fault.InvalidField, "secret")
	}
	if err := records.RequirePair(tx); err != nil {
		return err
	}
	_, exists, err := ledger.Get[wire.Books](tx, tx.Collection, wire.BooksKey)
	switch {
	case err != nil:
		return err
	case exists:
		return fault.In(fault.AlreadyExists, "books")
	}
	return ledger.Put(tx, tx.Collection, wire.BooksKey, wire.Books{Version: wire.Version, Secret: item.Secret})
}

// openDay moves the custodian's day on, and guards its key: from then on nobody writes it without the
// custodian. It is guarded anew each time, so that members who came since may be the second endorser.
func openDay(tx *ledger.Tx, item wire.BusinessDay) error {
	if item.Regime == "" {
		return fault.In(fault.MissingField, "regime")
	}
	pack, err := tx.Regime(item.Regime)
	if err != nil {
		return err
	}
	if err := pack.InForce(item.Date); err != nil {
		return err
	}
	before, err := tx.Day(tx.Actor.Member)
	if err != nil {
		return err
	}
	opening := custody.Day{Custodian: tx.Actor.Member, Date: item.Date, Regime: item.Regime}
	events, err := custody.OpenDay(before, opening, pack.Rules.Calendar())
	if err != nil {
		return err
	}
	if err := saveDay(tx, before, events); err != nil {
		return err
	}
	return tx.Guard(wire.DayKey(tx.Actor.Member), tx.Actor.Member, tx.Members())
}

func closeDay(tx *ledger.Tx, item wire.BusinessDay) error {
	before, err := tx.Day(tx.Actor.Member)
	if err != nil {
		return err
	}
	events, err := custody.CloseDay(before, item.Date)
	if err != nil {
		return err
	}
	return saveDay(tx, before, events)
}

func saveDay(tx *ledger.Tx, day custody.Day, events []custody.DayEvent) error {
	for _, e := range events {
		day = custody.ApplyDay(day, e)
	}
	return ledger.Save(tx, "", wire.DayKey(tx.Actor.Member), day, events)
}
