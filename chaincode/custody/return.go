package custody

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

func prefetchReturns(tx *ledger.Tx, items []wire.Return) error {
	var keys []string
	for _, item := range items {
		keys = append(keys, wire.SuspenseKey(item.Suspense))
		if handle, err := entryHandle(tx, item.BankReference); err == nil {
			keys = append(keys, wire.BankEntryKey(handle))
		}
	}
	return tx.Prefetch(tx.Collection, keys...)
}

// giveBackSuspended books that the bank returned a suspended receipt to its payer. The outgoing entry is
// marked like one that settled an instruction, so that it books nothing else.
func giveBackSuspended(tx *ledger.Tx, item wire.Return) error {
	if !wire.IsHandle(item.Suspense) {
		return fault.In(fault.InvalidField, "suspense")
	}
	day, err := records.Today(tx)
	if err != nil {
		return err
	}
	suspended, err := records.Suspense(tx, item.Suspense)
	if err != nil {
		return err
	}
	events, err := custody.Return(suspended, item.BankReference, item.ValueDate, day.Date, tx.Actor)
	if err != nil {
		return err
	}
	if err := records.SaveSuspense(tx, suspended, item.Suspense, events); err != nil {
		return err
	}
	return markEntry(tx, item.BankReference, wire.BankEntry{Suspense: item.Suspense})
}
