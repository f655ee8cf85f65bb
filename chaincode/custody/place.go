package custody

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// placing places the items of one transaction.
type placing struct{ rulebook records.Rulebook }

func prefetchPlacing(tx *ledger.Tx, items []wire.Place) error {
	var keys, ids []string
	for _, item := range items {
		keys, ids = append(keys, wire.SuspenseKey(item.Suspense)), append(ids, item.Loan)
	}
	return tx.Prefetch(tx.Collection, append(keys, records.LoanKeys(tx, ids, wire.LoanKey)...)...)
}

// apply books a suspended receipt on a loan, with the bank's own reference and value date.
func (p placing) apply(tx *ledger.Tx, item wire.Place) error {
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
	events, err := custody.Place(suspended, item.Loan, day.Date, tx.Actor)
	if err != nil {
		return err
	}
	s, err := records.Loan(tx, item.Loan)
	if err != nil {
		return err
	}
	if err := records.SaveSuspense(tx, suspended, item.Suspense, events); err != nil {
		return err
	}
	return p.rulebook.BookReceipt(tx, s, distribution.Receipt{
		BankReference: suspended.BankReference, AmountMinor: suspended.AmountMinor,
		ValueDate: suspended.ValueDate, From: suspended.Handle,
	}, day.Date)
}
