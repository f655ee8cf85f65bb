package records

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

// Handle takes a loan's handle from its id. It reports false for an id that names no loan that could
// stand in this collection.
func Handle(tx *ledger.Tx, id string) (string, bool) {
	channel, platform, handle, ok := wire.SplitLoanID(id)
	return handle, ok && channel == tx.Channel && platform == tx.Platform
}

// HandleOf takes a loan's handle from its id, or refuses with not_found.
func HandleOf(tx *ledger.Tx, id string) (string, error) {
	handle, ok := Handle(tx, id)
	if !ok {
		return "", fault.In(fault.NotFound, "loan")
	}
	return handle, nil
}

// LoanKeys picks the keys under which loans stand with the prefix's value, for prefetching: ids that
// name no loan of this collection are passed over.
func LoanKeys(tx *ledger.Tx, ids []string, key func(handle string) string) []string {
	keys := make([]string, 0, len(ids))
	for _, id := range ids {
		if handle, ok := Handle(tx, id); ok {
			keys = append(keys, key(handle))
		}
	}
	return keys
}

// Loan answers a loan by its id, or refuses with not_found.
func Loan(tx *ledger.Tx, id string) (loan.State, error) {
	handle, err := HandleOf(tx, id)
	if err != nil {
		return loan.State{}, err
	}
	state, exists, err := ledger.Load[loan.State](tx, tx.Collection, wire.LoanKey(handle))
	if err == nil && !exists {
		err = fault.In(fault.NotFound, "loan")
	}
	return state, err
}

// StepLoan puts a command to a loan and saves what follows from it, if the loan's regime asks for no approval
// that the request lacks.
func StepLoan(tx *ledger.Tx, before loan.State, command loan.Command, on calendar.Date) (loan.State, error) {
	if err := tx.CheckFourEyes(before.Regime); err != nil {
		return loan.State{}, err
	}
	events, err := loan.Decide(before, command, tx.Actor, on)
	if err != nil {
		return loan.State{}, err
	}
	return SaveLoan(tx, before, events)
}

// SaveLoan folds events into a loan and saves it.
func SaveLoan(tx *ledger.Tx, before loan.State, events []loan.Event) (loan.State, error) {
	after := before
	for _, e := range events {
		after = loan.Apply(after, e)
	}
	handle, err := HandleOf(tx, after.ID)
	if err != nil {
		return loan.State{}, err
	}
	return after, ledger.Save(tx, tx.Collection, wire.LoanKey(handle), after, events)
}

// Terms answers what a loan's parties agreed on.
func Terms(tx *ledger.Tx, id string) (loan.Terms, error) {
	return ofLoan[loan.Terms](tx, id, wire.TermsKey)
}

// Funding answers who lends a loan, once it was funded.
func Funding(tx *ledger.Tx, id string) (loan.Funding, error) {
	return ofLoan[loan.Funding](tx, id, wire.FundingKey)
}

func ofLoan[T any](tx *ledger.Tx, id string, key func(handle string) string) (T, error) {
	var none T
	handle, err := HandleOf(tx, id)
	if err != nil {
		return none, err
	}
	value, exists, err := ledger.Get[T](tx, tx.Collection, key(handle))
	if err == nil && !exists {
		err = fault.In(fault.NotFound, "loan")
	}
	return value, err
}
