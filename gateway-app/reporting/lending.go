package reporting

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/statement"
)

// lending derives a lender's period from all that happened to its money: the positions from the states to which the
// events lead, the movements from what the events post. That both agree, package statement wants to see.
type lending struct {
	party string
	pair  projection.Pair
	past  projection.Past
}

// numbered is a movement at its place in the ledger.
type numbered struct {
	seq int64
	statement.Movement
}

func (l lending) over(from, through calendar.Date) (statement.Lending, error) {
	made := statement.Lending{
		Party: l.party, Platform: l.pair.Platform, Custodian: l.pair.Custodian, From: from, Through: through,
		Opening: l.position(from.AddDays(-1)), Closing: l.position(through),
	}
	var err error
	if made.Currency, err = l.currency(); err != nil {
		return made, err
	}
	moved := map[string]bool{}
	for _, n := range l.movements() {
		if n.On >= from && n.On <= through {
			made.Movements = append(made.Movements, n.Movement)
			moved[n.Loan] = true
		}
	}
	for _, past := range l.past.Loans {
		h, found, err := l.holding(past, from, through, moved[past.Terms.ID])
		if err != nil {
			return made, err
		}
		if found {
			made.Holdings = append(made.Holdings, h)
		}
	}
	return made, nil
}

// currency is that of the lender's loans; a statement adds no two currencies up.
func (l lending) currency() (money.Currency, error) {
	found := money.Currency("")
	for _, past := range l.past.Loans {
		if found != "" && past.Terms.Currency != found {
			return "", fault.In(fault.CurrencyMismatch, "party")
		}
		found = past.Terms.Currency
	}
	return cmp.Or(found, money.CNY), nil
}

// place is where the lender stands among those of a loan, or -1.
func (l lending) place(past projection.LoanPast) int {
	if past.Funding == nil {
		return -1
	}
	return slices.IndexFunc(past.Funding.Allocations, func(a loan.Allocation) bool { return a.Lender == l.party })
}

// position is what the records say at the end of a business day.
func (l lending) position(until calendar.Date) statement.Position {
	account := custody.Account{Party: l.party}
	for _, d := range l.past.Account {
		if d.Event.On <= until {
			account = custody.ApplyAccount(account, d.Event)
		}
	}
	p := statement.Position{
		AvailableMinor: account.AvailableMinor, HeldMinor: account.HeldMinor, PayableMinor: account.PayableMinor,
	}
	for _, events := range l.past.Payouts {
		var i custody.Instruction
		for _, d := range events {
			if d.Event.On <= until {
				i = custody.Apply(i, d.Event)
			}
		}
		if i.Status == custody.Instructed || i.Status == custody.Accepted {
			p.PayableMinor += i.AmountMinor
		}
	}
	for _, past := range l.past.Loans {
		s := folded(past, until)
		if s.Plan == nil {
			continue
		}
		if i := l.place(past); i >= 0 {
			p.LentMinor += s.WeightsMinor[i] - s.PrincipalCredits[i]
			p.PayableMinor += s.Payable(i)
			p.ReceivableMinor += s.Receivable[i]
		}
		if past.Terms.Borrower == l.party {
			p.PayableMinor += s.Paid.RefundMinor - s.RefundNetted
			p.ReceivableMinor += s.RefundReceivable
		}
	}
	return p
}

func folded(past projection.LoanPast, until calendar.Date) loan.State {
	var s loan.State
	for _, e := range eventsUntil(past.Events, until) {
		s = loan.Apply(s, e)
	}
	return s
}

// movements are all that moved the lender's money, in the order of the ledger.
func (l lending) movements() []numbered {
	var all []numbered
	add := func(seq int64, m statement.Movement) {
		if m.Change != (statement.Position{}) {
			all = append(all, numbered{seq, m})
		}
	}
	for _, d := range l.past.Account {
		for _, posting := range d.Event.Entry {
			add(d.Seq, l.posted(d.Event.On, posting))
		}
	}
	for _, events := range l.past.Payouts {
		for _, d := range events {
			if d.Event.Kind == "settled" {
				add(d.Seq, statement.Movement{
					On: d.Event.On, Kind: statement.PaidOut, Change: statement.Position{PayableMinor: -d.Event.AmountMinor},
				})
			}
		}
	}
	for _, past := range l.past.Loans {
		for _, d := range past.Events {
			for _, m := range l.repaid(past, d.Event) {
				add(d.Seq, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// posted is what a posting of the lender's account was, by the account on its other side.
func (l lending) posted(on calendar.Date, p journal.Posting) statement.Movement {
	m := statement.Movement{On: on, Kind: statement.Internal}
	for _, side := range []struct {
		own, other journal.Account
		amount     money.Minor
	}{{p.Payer, p.Beneficiary, -p.AmountMinor}, {p.Beneficiary, p.Payer, p.AmountMinor}} {
		switch side.own {
		case journal.Available(l.party):
			m.Change.AvailableMinor += side.amount
		case journal.Held(l.party):
			m.Change.HeldMinor += side.amount
		default:
			continue
		}
		owner, rest, _ := strings.Cut(string(side.other), "/")
		switch {
		case side.other == journal.Available(l.party) || side.other == journal.Held(l.party):
		case owner == "clearing":
			m.Kind, m.Loan, m.Change.LentMinor = statement.Lent, rest, m.Change.LentMinor-side.amount
		case owner == "fee":
			m.Kind = statement.Fee
		case owner == "cash" && side.amount > 0:
			m.Kind = statement.Deposited
		case owner == "cash":
			m.Kind = statement.Withdrawn
		default:
			m.Kind = statement.Other
		}
	}
	return m
}

// repaid is what a receipt brought the lender, or its reversal took back. What had been paid out of it before is owed
// back, which moves no cash.
func (l lending) repaid(past projection.LoanPast, e loan.Event) []statement.Movement {
	sign, short, refundShort := money.Minor(1), []money.Minor(nil), money.Minor(0)
	var principal, interest []money.Minor
	var refund money.Minor
	switch e.Kind {
	case loan.ActReceive:
		principal, interest, refund = e.Received.PrincipalCredits, e.Received.InterestCredits, e.Received.Parts.RefundMinor
	case loan.ActReverse:
		sign, short, refundShort = -1, e.Reversed.Shortfalls, e.Reversed.RefundShortfall
		principal, interest, refund = e.Reversed.PrincipalCredits, e.Reversed.InterestCredits, e.Reversed.Original.Parts.RefundMinor
	default:
		return nil
	}
	movement := func(kind statement.MovementKind, change statement.Position) statement.Movement {
		return statement.Movement{On: e.On, Kind: kind, Loan: past.Terms.ID, Change: change}
	}
	var list []statement.Movement
	if i := l.place(past); i >= 0 {
		list = append(list,
			movement(statement.Principal, statement.Position{PayableMinor: sign * at(principal, i), LentMinor: -sign * at(principal, i)}),
			movement(statement.Interest, statement.Position{PayableMinor: sign * at(interest, i)}),
			movement(statement.Internal, statement.Position{PayableMinor: at(short, i), ReceivableMinor: at(short, i)}))
	}
	if past.Terms.Borrower == l.party {
		list = append(list,
			movement(statement.Refunded, statement.Position{PayableMinor: sign * refund}),
			movement(statement.Internal, statement.Position{PayableMinor: refundShort, ReceivableMinor: refundShort}))
	}
	return list
}

// at is an element of a list in which trailing zeros may be left out.
func at(list []money.Minor, i int) money.Minor {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// holding is the lender's part of a loan at the end of the period; false for a loan that was not running in it.
func (l lending) holding(past projection.LoanPast, from, through calendar.Date, moved bool) (statement.Holding, bool, error) {
	i := l.place(past)
	s := folded(past, through)
	ended := folded(past, from.AddDays(-1)).Status == loan.Repaid
	if i < 0 || s.Plan == nil || ended && !moved {
		return statement.Holding{}, false, nil
	}
	h := statement.Holding{
		Loan: past.Terms.ID, Status: s.Status, RatePPM: past.Terms.RatePPM, StartedOn: s.Plan.Start,
		PrincipalMinor: s.WeightsMinor[i], OutstandingMinor: s.WeightsMinor[i] - s.PrincipalCredits[i],
	}
	var err error
	if s.Status != loan.Repaid {
		h.OverdueDays, err = repayment.OverdueDays(s, through)
	}
	return h, err == nil, err
}
