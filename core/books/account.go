package books

import (
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// move is what an instruction of this transaction must do to an account: an entry, or an amount that came
// back from a refused payout.
type move struct {
	collection, account string
	entry               journal.Entry
	returned            money.Minor
	on                  calendar.Date
}

func (m move) touches(customer string) bool {
	purses := []journal.Account{journal.Available(customer), journal.Held(customer)}
	return slices.ContainsFunc(m.entry, func(p journal.Posting) bool {
		return slices.Contains(purses, p.Payer) || slices.Contains(purses, p.Beneficiary)
	})
}

// decide answers the event to which the move leads.
func (m move) decide(before custody.Account) ([]custody.AccountEvent, error) {
	if m.returned > 0 {
		return custody.ReturnPayout(before, m.returned, m.on)
	}
	return custody.PostAccount(before, before.Party, m.entry, m.on)
}

func (a *Auditor) account(w Write) error {
	holder := tail(w.Key)
	_, err := fold(a, a.accounts, w.Collection+"/"+w.Key, w, custody.Account{Party: holder},
		func(before custody.Account, e custody.AccountEvent) (custody.Account, error) {
			return a.accountStep(w, before, e)
		})
	return err
}

func (a *Auditor) accountStep(w Write, before custody.Account, e custody.AccountEvent) (custody.Account, error) {
	decided, refusal := a.accountEvents(w, before, e)
	e, err := agreed(e.Kind, decided, refusal, e)
	if err != nil {
		return before, err
	}
	after := custody.ApplyAccount(before, e)
	a.owe(journal.Available(after.Party), after.AvailableMinor-before.AvailableMinor)
	a.owe(journal.Held(after.Party), after.HeldMinor-before.HeldMinor)
	a.owe(journal.Payable(after.Party), after.PayableMinor-before.PayableMinor)
	return after, nil
}

// accountEvents decides an account's event again: one that a run took by itself, any other by the
// instruction that led to it. Instructions of one transaction are not read in the order in which they
// happened; the account's events are, and each uses up one instruction's step.
func (a *Auditor) accountEvents(w Write, before custody.Account, e custody.AccountEvent) ([]custody.AccountEvent, error) {
	if e.Kind == "taken" {
		if _, err := a.today(w.Collection, e.On); err != nil {
			return nil, err
		}
		if _, err := a.custodian(w.Collection); err != nil {
			return nil, err
		}
		return custody.TakePayable(before, e.On)
	}
	var refusal error
	for i, m := range a.moves {
		if m.collection != w.Collection || m.account != w.Key {
			continue
		}
		decided, err := m.decide(before)
		if err != nil {
			refusal = err
			continue
		}
		if same(decided, []custody.AccountEvent{e}, "") == nil {
			a.moves = slices.Delete(slices.Clone(a.moves), i, i+1)
			return decided, nil
		}
	}
	if refusal != nil {
		return nil, refusal
	}
	return nil, fmt.Errorf("no instruction leads to it")
}

func (a *Auditor) suspense(w Write) error {
	_, custodian, err := a.pair(w.Collection)
	if err != nil {
		return err
	}
	s, err := fold(a, a.suspended, w.Collection+"/"+w.Key, w, custody.Suspense{},
		func(before custody.Suspense, e custody.SuspenseEvent) (custody.Suspense, error) {
			return a.suspenseStep(w.Collection, before, e)
		})
	switch {
	case err != nil:
		return err
	case s.Custodian != custodian:
		return fmt.Errorf("the receipt is with %s, whose collection this is not", s.Custodian)
	case s.Handle != tail(w.Key):
		return fmt.Errorf("the key is that of another receipt than %s", s.Handle)
	case s.Handle != wire.DerivedHandle(a.secrets[w.Collection].Secret, "suspense", s.Account, s.BankReference):
		return fmt.Errorf("the handle does not follow from the bank's entry")
	}
	return nil
}

func (a *Auditor) suspenseStep(collection string, before custody.Suspense, e custody.SuspenseEvent) (custody.Suspense, error) {
	if _, err := a.openToday(collection, e.On); err != nil {
		return before, err
	}
	actor, err := a.custodian(collection)
	if err != nil {
		return before, err
	}
	var decided []custody.SuspenseEvent
	var refusal error
	switch {
	case e.Kind == "suspended" && e.Suspended != nil:
		decided, refusal = custody.Suspend(before, *e.Suspended, e.On)
	case e.Kind == "placed":
		decided, refusal = custody.Place(before, e.Loan, e.On, actor)
	case e.Kind == "returned":
		decided, refusal = custody.Return(before, e.BankReference, e.ValueDate, e.On, actor)
	default:
		return before, fmt.Errorf("%q is no event of a suspended receipt", e.Kind)
	}
	if e, err = agreed(e.Kind, decided, refusal, e); err != nil {
		return before, err
	}
	if err := a.post(before.Entry(e)); err != nil {
		return before, err
	}
	after := custody.ApplySuspense(before, e)
	a.summary.suspense(after, e)
	switch e.Kind {
	case "placed":
		a.owe(journal.Suspense(after.Custodian), -after.AmountMinor)
		a.receipts = append(a.receipts, expected{collection, e.Loan, after})
		return after, nil
	case "returned":
		a.owe(journal.Suspense(after.Custodian), -after.AmountMinor)
		return after, a.book(collection, ownEntries, e.BankReference, "suspense "+after.Handle)
	}
	a.owe(journal.Suspense(after.Custodian), after.AmountMinor)
	return after, a.book(collection, after.Account, after.BankReference, "suspense "+after.Handle)
}
