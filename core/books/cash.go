package books

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
)

// post folds an entry into the cash book and remembers whose accounts must agree at the end of the
// transaction.
func (a *Auditor) post(e journal.Entry) error {
	if err := a.cash.Post(e); err != nil {
		return err
	}
	for _, p := range e {
		a.touch(p.Payer)
		a.touch(p.Beneficiary)
		if isCash(p.Payer) {
			a.cashHeld += p.AmountMinor
		}
		if isCash(p.Beneficiary) {
			a.cashHeld -= p.AmountMinor
		}
	}
	return nil
}

// isCash reports whether an account is a custodian's own with the world outside.
func isCash(account journal.Account) bool { return strings.HasPrefix(string(account), "cash/") }

func (a *Auditor) touch(account journal.Account) {
	if !slices.Contains(a.touched, account) {
		a.touched = append(a.touched, account)
	}
}

// owe changes what the records say is owed on an account.
func (a *Auditor) owe(account journal.Account, by money.Minor) {
	if by == 0 {
		return
	}
	a.owed[account] += by
	a.owedTotal += by
	a.touch(account)
}

// settle holds the cash book against the records for every account that the transaction touched, and wants
// nothing left open.
func (a *Auditor) settle() error {
	if len(a.moves) > 0 {
		return fmt.Errorf("%s was not written, although an instruction moved its cash", a.moves[0].account)
	}
	if len(a.receipts) > 0 {
		return fmt.Errorf("%s did not receive what was collected or placed for it", a.receipts[0].loan)
	}
	if err := a.settleSteps(); err != nil {
		return err
	}
	for _, account := range a.touched {
		balance := a.cash.Balance(account)
		switch {
		case balance < 0 && !account.MayBeNegative():
			return fmt.Errorf("%s is overdrawn by %d", account, -balance)
		case strings.HasPrefix(string(account), "clearing/") && balance != 0:
			return fmt.Errorf("%s still holds %d after the transaction", account, balance)
		case recorded(account) && balance != a.owed[account]:
			return fmt.Errorf("%s holds %d by the postings and %d by the records", account, balance, a.owed[account])
		}
	}
	if off := a.cashHeld - a.owedTotal; off != 0 {
		return fmt.Errorf("the trial balance is %d: custodians hold %d and the records owe %d", off, a.cashHeld, a.owedTotal)
	}
	return nil
}

// recorded reports whether records of their own say what an account holds.
func recorded(account journal.Account) bool {
	for _, prefix := range []string{"customer/", "fee/", "suspense/", "receivable/"} {
		if strings.HasPrefix(string(account), prefix) {
			return true
		}
	}
	return false
}

// book refuses a bank entry that was booked before: it is unique by the collection, for which the custodian
// keeps a bank account, by the account that the payer named in it, which is the loan's id or what he took
// for one, and by the bank's reference.
func (a *Auditor) book(collection, account, reference, by string) error {
	key := entryKey(collection, account, reference)
	if other, booked := a.references[key]; booked {
		return fmt.Errorf("bank reference was booked before, by %s", other)
	}
	a.references[key] = by
	return nil
}

// unbook takes a bank entry back.
func (a *Auditor) unbook(collection, account, reference string) {
	delete(a.references, entryKey(collection, account, reference))
}

func entryKey(collection, account, reference string) string {
	return collection + "\x00" + account + "\x00" + reference
}
