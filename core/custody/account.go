package custody

import (
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
)

// Post folds a journal entry into an account's available and held cash. Postings that concern other
// owners are passed over. It refuses an entry that would take either purse below zero.
func (a Account) Post(e journal.Entry) (Account, error) {
	for _, p := range e {
		if err := a.move(p.Payer, -p.AmountMinor); err != nil {
			return Account{}, err
		}
		if err := a.move(p.Beneficiary, p.AmountMinor); err != nil {
			return Account{}, err
		}
	}
	if a.AvailableMinor < 0 || a.HeldMinor < 0 {
		return Account{}, fault.In(fault.InsufficientFunds, "amount_minor")
	}
	return a, nil
}

func (a *Account) move(account journal.Account, amount money.Minor) error {
	var err error
	switch account {
	case journal.Available(a.Party):
		a.AvailableMinor, err = money.Add(a.AvailableMinor, amount)
	case journal.Held(a.Party):
		a.HeldMinor, err = money.Add(a.HeldMinor, amount)
	}
	if err != nil {
		return fault.In(fault.Overflow, "amount_minor")
	}
	return nil
}

// ReturnPayout puts a refused payout back to what waits for the custodian's next run. Nothing is
// posted: the customer was owed it before and is owed it still.
func (a Account) ReturnPayout(amount money.Minor) (Account, error) {
	sum, err := money.Add(a.PayableMinor, amount)
	if err != nil {
		return Account{}, fault.In(fault.Overflow, "amount_minor")
	}
	a.PayableMinor = sum
	return a, nil
}

// TakePayable empties what waited for a payout, and says how much it was.
func (a Account) TakePayable() (Account, money.Minor) {
	amount := a.PayableMinor
	a.PayableMinor = 0
	return a, amount
}
