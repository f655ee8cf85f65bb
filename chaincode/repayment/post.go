package repayment

import (
	"errors"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

// posting books the receipts of one transaction.
type posting struct{ rulebook records.Rulebook }

// prefetch reads all loans of the batch in one call, and the few places in suspense that matter in a
// second one.
func (p posting) prefetch(tx *ledger.Tx, items []wire.Receipt) error {
	if err := records.RequirePair(tx); err != nil {
		return err
	}
	accounts := make([]string, len(items))
	for i, r := range items {
		accounts[i] = r.Account
	}
	if err := tx.Prefetch(tx.Collection, records.LoanKeys(tx, accounts, wire.LoanKey)...); err != nil {
		return err
	}
	var suspended []string
	for _, r := range items {
		_, alone, err := p.find(tx, r)
		if err != nil {
			return err
		}
		if alone {
			continue
		}
		handle, err := records.SuspenseHandle(tx, r.Account, r.BankReference)
		switch {
		case errors.Is(err, fault.New(fault.NotFound)):
			continue // the item is refused when its turn comes
		case err != nil:
			return err
		}
		suspended = append(suspended, wire.SuspenseKey(handle))
	}
	return tx.Prefetch(tx.Collection, suspended...)
}

// find answers the loan that a receipt is for; one without a status where there is none. Alone tells
// that nothing but that loan's record needs to be read.
func (p posting) find(tx *ledger.Tx, r wire.Receipt) (s loan.State, alone bool, err error) {
	handle, ok := records.Handle(tx, r.Account)
	if !ok {
		return loan.State{}, false, nil
	}
	s, _, err = ledger.Load[loan.State](tx, tx.Collection, wire.LoanKey(handle))
	if err != nil || s.Plan == nil {
		return loan.State{}, false, err
	}
	early, err := p.early(tx, s, r.ValueDate)
	return s, !early, err
}

// early reports whether the entry may have been suspended before the loan was paid out. A loan becomes
// active at most so many days after the disbursement's value date as its regime allows backdating; what
// came in later was never suspended under the loan's own account.
func (p posting) early(tx *ledger.Tx, s loan.State, value calendar.Date) (bool, error) {
	rules, err := p.rulebook.Rules(tx, s.Regime)
	return value <= s.Plan.Start.AddDays(rules.BackdatingDays), err
}

func (p posting) apply(tx *ledger.Tx, r wire.Receipt) error {
	day, err := records.Today(tx)
	if err != nil {
		return err
	}
	s, alone, err := p.find(tx, r)
	if err != nil {
		return err
	}
	if !alone {
		if err := p.suspend(tx, s, r, day.Date); err != nil || s.Status == loan.None {
			return err
		}
	}
	return p.rulebook.BookReceipt(tx, s, distribution.Receipt{
		BankReference: r.BankReference, AmountMinor: r.AmountMinor, ValueDate: r.ValueDate,
	}, day.Date)
}

// suspend keeps a receipt that names no loan, and refuses one that was kept before. Of a receipt that
// does name a loan it only makes sure of the latter.
func (p posting) suspend(tx *ledger.Tx, s loan.State, r wire.Receipt, on calendar.Date) error {
	handle, err := records.SuspenseHandle(tx, r.Account, r.BankReference)
	if err != nil {
		return err
	}
	before, err := records.Suspense(tx, handle)
	switch {
	case err != nil:
		return err
	case before.Handle != "":
		return fault.In(fault.DuplicateBankReference, "bank_reference")
	case s.Status != loan.None:
		return nil
	}
	events, err := custody.Suspend(before, custody.Suspense{
		Handle: handle, Custodian: tx.Custodian, Account: r.Account, BankReference: r.BankReference,
		AmountMinor: r.AmountMinor, ValueDate: r.ValueDate,
	}, on)
	if err != nil {
		return err
	}
	return records.SaveSuspense(tx, before, handle, events)
}
