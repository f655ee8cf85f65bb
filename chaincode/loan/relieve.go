package loan

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

func prefetchRelief(tx *ledger.Tx, items []wire.LoanRef) error {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.Loan
	}
	return prefetchExposures(tx, ids)
}

// relieve sets a loan's reservation to what is still owed, drops that of a loan that ended, and makes
// that of a repaid loan anew when a reversal has opened it again.
func relieve(tx *ledger.Tx, item wire.LoanRef) error {
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	s, err := records.Loan(tx, item.Loan)
	if err != nil {
		return err
	}
	x, err := exposureOf(tx, s)
	if err != nil {
		return err
	}
	if !x.settle(wire.Reservation{Loan: s.ID, Platform: s.Platform, Custodian: s.Custodian}, s, on) {
		return fault.In(fault.NotYetDue, "loan")
	}
	return x.save(tx)
}
