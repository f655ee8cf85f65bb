package loan

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/wire"
)

// ending makes the command that ends a loan, or takes it out of those that perform.
type ending func(tx *ledger.Tx, s loan.State, reason string, on calendar.Date) (loan.Command, error)

func end(ctx contractapi.TransactionContextInterface, name string, command ending) (string, error) {
	return ledger.Command[wire.EndLoan]{
		Name:    name,
		Prepare: prefetchLoans(func(l wire.EndLoan) string { return l.Loan }),
		Apply: func(tx *ledger.Tx, item wire.EndLoan) error {
			return finish(tx, item.Loan, func(s loan.State, on calendar.Date) (loan.Command, error) {
				return command(tx, s, item.Reason, on)
			})
		},
	}.Run(ctx)
}

func expire(tx *ledger.Tx, item wire.LoanRef) error {
	return finish(tx, item.Loan, func(_ loan.State, on calendar.Date) (loan.Command, error) {
		return loan.Expire{On: on}, nil
	})
}

// finish ends a loan. What its lenders promised and did not pay out is theirs again.
func finish(tx *ledger.Tx, id string, command func(loan.State, calendar.Date) (loan.Command, error)) error {
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	before, err := records.Loan(tx, id)
	if err != nil {
		return err
	}
	asked, err := command(before, on)
	if err != nil {
		return err
	}
	after, err := records.StepLoan(tx, before, asked, on)
	if err != nil || !after.Status.EndedUnpaid() {
		return err
	}
	return records.ReleaseHolds(tx, after, on)
}

func decline(_ *ledger.Tx, _ loan.State, reason string, _ calendar.Date) (loan.Command, error) {
	return loan.Decline{Reason: reason}, nil
}

func withdraw(_ *ledger.Tx, _ loan.State, reason string, _ calendar.Date) (loan.Command, error) {
	return loan.Withdraw{Reason: reason}, nil
}

func cancel(_ *ledger.Tx, _ loan.State, reason string, _ calendar.Date) (loan.Command, error) {
	return loan.Cancel{Reason: reason}, nil
}

// writeOff derives for how long the loan has been overdue, and how long its regime wants that to be.
func writeOff(tx *ledger.Tx, s loan.State, reason string, on calendar.Date) (loan.Command, error) {
	if err := loan.Permit(s.Status, loan.ActWriteOff, tx.Actor.Kind); err != nil {
		return nil, err
	}
	pack, err := tx.Regime(s.Regime)
	if err != nil {
		return nil, err
	}
	days, err := repayment.OverdueDays(s, on)
	if err != nil {
		return nil, err
	}
	return loan.WriteOff{Reason: reason, OverdueDays: days, AfterDays: pack.Rules.WriteOffDays}, nil
}

// prefetchLoans reads loans and what their lenders hold for them.
func prefetchLoans[T any](id func(T) string) func(*ledger.Tx, []T) error {
	return func(tx *ledger.Tx, items []T) error {
		ids := make([]string, len(items))
		for i, item := range items {
			ids[i] = id(item)
		}
		if err := tx.Prefetch(tx.Collection, records.LoanKeys(tx, ids, wire.LoanKey)...); err != nil {
			return err
		}
		return records.PrefetchHolds(tx, ids)
	}
}
