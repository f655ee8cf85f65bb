package repayment

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/wire"
)

func prefetchReversals(tx *ledger.Tx, items []wire.Reverse) error {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.Loan
	}
	return tx.Prefetch(tx.Collection, records.LoanKeys(tx, ids, wire.LoanKey)...)
}

// reverse undoes a receipt. What lenders were paid out of it they owe back; nobody is paid less for it
// without their own consent.
func reverse(tx *ledger.Tx, item wire.Reverse) error {
	day, err := records.Today(tx)
	if err != nil {
		return err
	}
	s, err := records.Loan(tx, item.Loan)
	if err != nil {
		return err
	}
	events, err := distribution.Reverse(s, item.Original, tx.Actor, day.Date)
	if err != nil {
		return err
	}
	_, err = records.SaveLoan(tx, s, events)
	return err
}
