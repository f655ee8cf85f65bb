package loan

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

// order puts a supervisory order to loans.
func order(ctx contractapi.TransactionContextInterface, name string, command func(number string) loan.Command) (string, error) {
	return ledger.Command[wire.OrderLoan]{
		Name:    name,
		Prepare: prefetchOrders,
		Apply: func(tx *ledger.Tx, item wire.OrderLoan) error {
			on, err := tx.BusinessDate()
			if err != nil {
				return err
			}
			s, err := records.Loan(tx, item.Loan)
			if err != nil {
				return err
			}
			_, err = records.StepLoan(tx, s, command(item.Order), on)
			return err
		},
	}.Run(ctx)
}

func prefetchOrders(tx *ledger.Tx, items []wire.OrderLoan) error {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.Loan
	}
	return tx.Prefetch(tx.Collection, records.LoanKeys(tx, ids, wire.LoanKey)...)
}

func freeze(number string) loan.Command { return loan.Freeze{Order: number} }

func release(number string) loan.Command { return loan.Release{Order: number} }
