package records

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/wire"
)

// SuspenseHandle is where a bank entry for an account is suspended, if it is: the same entry always
// comes to the same place, so that it cannot be suspended twice.
func SuspenseHandle(tx *ledger.Tx, account, bankReference string) (string, error) {
	return Derive(tx, "suspense", account, bankReference)
}

// Suspense answers a suspended receipt by its handle; one that does not exist has no handle.
func Suspense(tx *ledger.Tx, handle string) (custody.Suspense, error) {
	state, _, err := ledger.Load[custody.Suspense](tx, tx.Collection, wire.SuspenseKey(handle))
	return state, err
}

// SaveSuspense folds events into a suspended receipt and saves it.
func SaveSuspense(tx *ledger.Tx, state custody.Suspense, handle string, events []custody.SuspenseEvent) error {
	for _, e := range events {
		state = custody.ApplySuspense(state, e)
	}
	return ledger.Save(tx, tx.Collection, wire.SuspenseKey(handle), state, events)
}
