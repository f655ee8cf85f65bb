package custody

import (
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
)

// AccountEvent is one step of a customer's account: posted, with the postings that moved its available
// or held cash; returned, when a refused payout came back to what waits for the next run; or taken,
// when a run took it.
type AccountEvent struct {
	Kind        string        `json:"kind"`
	On          calendar.Date `json:"on"`
	Entry       journal.Entry `json:"entry,omitempty"`
	AmountMinor money.Minor   `json:"amount_minor,omitempty"`
}

// PostAccount is the event by which an entry moves a customer's cash. It refuses an entry that would
// take either purse below zero, and yields no event for one that does not touch the account.
func PostAccount(a Account, party string, e journal.Entry, on calendar.Date) ([]AccountEvent, error) {
	a.Party = party
	event := AccountEvent{Kind: "posted", On: on, Entry: a.touching(e)}
	if len(event.Entry) == 0 {
		return nil, nil
	}
	for _, p := range event.Entry {
		for _, side := range []money.Minor{a.AvailableMinor, a.HeldMinor} {
			if _, err := money.Add(side, p.AmountMinor); err != nil {
				return nil, fault.In(fault.Overflow, "amount_minor")
			}
		}
	}
	if after := ApplyAccount(a, event); after.AvailableMinor < 0 || after.HeldMinor < 0 {
		return nil, fault.In(fault.InsufficientFunds, "amount_minor")
	}
	return []AccountEvent{event}, nil
}

// ReturnPayout puts a refused payout back to what waits for the custodian's next run. Nothing is
// posted: the customer was owed it before and is owed it still.
func ReturnPayout(a Account, amount money.Minor, on calendar.Date) ([]AccountEvent, error) {
	if _, err := money.Add(a.PayableMinor, amount); err != nil || amount <= 0 {
		return nil, fault.In(fault.Overflow, "amount_minor")
	}
	return []AccountEvent{{Kind: "returned", On: on, AmountMinor: amount}}, nil
}

// TakePayable hands all that waits for a payout to a run.
func TakePayable(a Account, on calendar.Date) ([]AccountEvent, error) {
	if a.PayableMinor <= 0 {
		return nil, fault.In(fault.NotYetDue, "party")
	}
	return []AccountEvent{{Kind: "taken", On: on, AmountMinor: a.PayableMinor}}, nil
}

// ApplyAccount folds an event into an account, whose party must be set.
func ApplyAccount(a Account, e AccountEvent) Account {
	switch e.Kind {
	case "posted":
		for _, p := range e.Entry {
			a = a.moved(p.Payer, -p.AmountMinor).moved(p.Beneficiary, p.AmountMinor)
		}
	case "returned":
		a.PayableMinor += e.AmountMinor
	case "taken":
		a.PayableMinor -= e.AmountMinor
	}
	return a
}

// touching picks the postings that move the account's available or held cash.
func (a Account) touching(e journal.Entry) journal.Entry {
	mine := []journal.Account{journal.Available(a.Party), journal.Held(a.Party)}
	var picked journal.Entry
	for _, p := range e {
		if slices.Contains(mine, p.Payer) || slices.Contains(mine, p.Beneficiary) {
			picked = append(picked, p)
		}
	}
	return picked
}

func (a Account) moved(account journal.Account, amount money.Minor) Account {
	switch account {
	case journal.Available(a.Party):
		a.AvailableMinor += amount
	case journal.Held(a.Party):
		a.HeldMinor += amount
	}
	return a
}
