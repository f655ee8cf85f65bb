package books

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
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

// settle holds the cash book against the records for every account that the transaction touched.
func (a *Auditor) settle() error {
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

func (a *Auditor) account(before custody.Account, e custody.AccountEvent) (custody.Account, error) {
	after := custody.ApplyAccount(before, e)
	if after.AvailableMinor < 0 || after.HeldMinor < 0 || after.PayableMinor < 0 {
		return after, fmt.Errorf("the account is overdrawn")
	}
	a.owe(journal.Available(after.Party), after.AvailableMinor-before.AvailableMinor)
	a.owe(journal.Held(after.Party), after.HeldMinor-before.HeldMinor)
	a.owe(journal.Payable(after.Party), after.PayableMinor-before.PayableMinor)
	return after, nil
}

func (a *Auditor) instruction(before custody.Instruction, e custody.Event) (custody.Instruction, error) {
	after := custody.Apply(before, e)
	subject := before
	if before.Status == custody.None {
		subject = after
	}
	if err := a.post(subject.Entry(e)); err != nil {
		return after, err
	}
	a.owePayout(before, -1)
	a.owePayout(after, 1)
	if e.BankReference != "" && after.Kind != custody.Collect && after.Kind != custody.Hold {
		if err := a.book("custodian/"+wire.PairCollection(after.Platform, after.Custodian), e.BankReference, "instruction "+after.Handle); err != nil {
			return after, err
		}
	}
	a.summary.instruction(after, e)
	return after, nil
}

// owePayout counts an open payout, refund or fee as still owed to its party.
func (a *Auditor) owePayout(i custody.Instruction, sign money.Minor) {
	if i.Status != custody.Instructed && i.Status != custody.Accepted {
		return
	}
	switch i.Kind {
	case custody.PayOut, custody.Refund:
		a.owe(journal.Payable(i.Party), sign*i.AmountMinor)
	case custody.Fee:
		a.owe(journal.Fee(i.Party), sign*i.AmountMinor)
	}
}

func (a *Auditor) suspense(before custody.Suspense, e custody.SuspenseEvent) (custody.Suspense, error) {
	after := custody.ApplySuspense(before, e)
	if err := a.post(before.Entry(e)); err != nil {
		return after, err
	}
	switch e.Kind {
	case "suspended":
		a.owe(journal.Suspense(after.Custodian), after.AmountMinor)
		if err := a.book("suspense/"+after.Account, after.BankReference, "suspense "+after.Handle); err != nil {
			return after, err
		}
	case "placed":
		a.owe(journal.Suspense(after.Custodian), -after.AmountMinor)
	}
	a.summary.suspense(after, e)
	return after, nil
}

// book refuses a bank entry that was booked before: it is unique by account and bank reference. The
// custodian keeps an account for each platform's customers, and loans have one each.
func (a *Auditor) book(account, reference, by string) error {
	key := account + "\x00" + reference
	if other, booked := a.references[key]; booked {
		return fmt.Errorf("bank reference was booked before, by %s", other)
	}
	a.references[key] = by
	return nil
}
