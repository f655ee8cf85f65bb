package records

import (
	"slices"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Party answers a party by its handle; one that does not exist has no handle.
func Party(tx *ledger.Tx, handle string) (party.State, error) {
	state, _, err := ledger.Load[party.State](tx, tx.Collection, wire.PartyKey(handle))
	return state, err
}

// ReturnPayout puts a refused payout back to what waits for the custodian's next run.
func ReturnPayout(tx *ledger.Tx, holder string, amount money.Minor, on calendar.Date) error {
	account, err := accountOf(tx, holder)
	if err != nil {
		return err
	}
	events, err := custody.ReturnPayout(account, amount, on)
	if err != nil {
		return err
	}
	return saveAccount(tx, account, events)
}

// TakePayable hands what waits for a customer's payout to the run that is under way, and says how much
// it is.
func TakePayable(tx *ledger.Tx, holder string, on calendar.Date) (money.Minor, error) {
	account, err := accountOf(tx, holder)
	if err != nil {
		return 0, err
	}
	events, err := custody.TakePayable(account, on)
	if err != nil {
		return 0, err
	}
	return account.PayableMinor, saveAccount(tx, account, events)
}

// post moves a customer's available and held cash. For an entry that moves neither, the account is not
// even read: payouts must not wait for deposits.
func post(tx *ledger.Tx, holder string, entry journal.Entry, on calendar.Date) error {
	if !moves(entry, journal.Available(holder)) && !moves(entry, journal.Held(holder)) {
		return nil
	}
	account, err := accountOf(tx, holder)
	if err != nil {
		return err
	}
	events, err := custody.PostAccount(account, holder, entry, on)
	if err != nil || len(events) == 0 {
		return err
	}
	return saveAccount(tx, account, events)
}

func moves(entry journal.Entry, purse journal.Account) bool {
	return slices.ContainsFunc(entry, func(p journal.Posting) bool {
		return p.Payer == purse || p.Beneficiary == purse
	})
}

func accountOf(tx *ledger.Tx, holder string) (custody.Account, error) {
	account, _, err := ledger.Load[custody.Account](tx, tx.Collection, wire.AccountKey(holder))
	account.Party = holder
	return account, err
}

func saveAccount(tx *ledger.Tx, account custody.Account, events []custody.AccountEvent) error {
	for _, e := range events {
		account = custody.ApplyAccount(account, e)
	}
	return ledger.Save(tx, tx.Collection, wire.AccountKey(account.Party), account, events)
}
