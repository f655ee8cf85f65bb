package repayment

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
)

// Order is how a regime wants a receipt to pay. Horizontal pays the oldest row whole before the next
// one; otherwise one component is paid through all rows before the next component.
type Order struct {
	Components []regime.Component
	Horizontal bool
}

// Allocation is a receipt taken apart.
type Allocation struct {
	Parts  loan.Parts
	Payoff *loan.Payoff // the receipt pays what is not yet due, and so ends the schedule
	Closes bool         // nothing is owed any more
}

// Allocate takes a receipt of the amount and value date apart. The parts always sum to the amount. The
// order must name every component once, as a regime's does.
func Allocate(s loan.State, amount money.Minor, on, value calendar.Date, order Order) (Allocation, error) {
	l, err := open(s)
	if err != nil {
		return Allocation{}, err
	}
	p, err := l.position(on, value)
	if err != nil {
		return Allocation{}, err
	}
	a := payer{left: amount, due: p.PastDue.Total() + p.Due.Total(), parts: l.nothing()}
	if order.Horizontal {
		a.payRows(l, p.PastDue.PenaltyMinor, on, order.Components)
	} else {
		a.pay(p.PastDue, order.Components)
		a.pay(p.Due, order.Components)
	}
	closes := a.payOff(p)
	late, err := l.restated(value, a.parts)
	if err != nil {
		return Allocation{}, err
	}
	paidLate := a.take(late)
	a.parts.PenaltyMinor += paidLate
	if !closes {
		a.advance(l, p, on, order.Components)
	}
	a.parts.RefundMinor = a.left
	result := Allocation{Parts: a.parts, Closes: closes && paidLate == late}
	if rest := p.RestPrincipal + p.AheadPrincipal; closes && rest > 0 {
		result.Payoff = &loan.Payoff{On: on, PrincipalMinor: rest, InterestMinor: p.RestInterest + p.AheadInterest}
	}
	return result, nil
}

// payer hands an amount out, piece by piece. Due is what of the rows that are due is still unpaid.
type payer struct {
	left  money.Minor
	due   money.Minor
	parts loan.Parts
}

func (a *payer) take(owed money.Minor) money.Minor {
	part := min(a.left, owed)
	a.left -= part
	return part
}

// pay pays what is owed in one group, component by component.
func (a *payer) pay(owed loan.Parts, order []regime.Component) {
	before := a.left
	for _, c := range order {
		switch c {
		case regime.Fee:
			for i, fee := range owed.FeesMinor {
				a.parts.FeesMinor[i] += a.take(fee)
			}
		case regime.Penalty:
			a.parts.PenaltyMinor += a.take(owed.PenaltyMinor)
		case regime.Interest:
			a.parts.InterestMinor += a.take(owed.InterestMinor)
		case regime.Principal:
			a.parts.PrincipalMinor += a.take(owed.PrincipalMinor)
		}
	}
	a.due -= before - a.left
}

// payRows pays row by row. The penalty belongs to no single row and is paid with the oldest.
func (a *payer) payRows(l ledger, penalty money.Minor, on calendar.Date, order []regime.Component) {
	paid := l.tally()
	for _, row := range l.rows {
		if row.Due > on {
			return
		}
		owed := l.nothing()
		owed.PenaltyMinor, penalty = penalty, 0
		claims(&paid, row, &owed)
		a.pay(owed, order)
	}
}

// payOff pays the rest of the loan when nothing that is due is unpaid and what is left suffices for all
// of it. It reports whether nothing is owed any more.
func (a *payer) payOff(p Position) bool {
	if a.due > 0 || a.left < p.RestInterest+p.RestPrincipal {
		return false
	}
	a.parts.InterestMinor += a.take(p.RestInterest)
	a.parts.PrincipalMinor += a.take(p.RestPrincipal)
	return true
}

// advance pays the next row before it is due: first its part of the interest that has accrued and its
// principal, then what it will have earned by its day, the charges and the rest of its interest. So a
// borrower who pays a part of it and the loan off later has paid interest for the days used, and one who
// pays all of it owes nothing on its day.
func (a *payer) advance(l ledger, p Position, on calendar.Date, order []regime.Component) {
	paid := l.tally()
	for _, row := range l.rows {
		owed := l.nothing()
		claims(&paid, row, &owed)
		if row.Due <= on {
			continue
		}
		earned := l.nothing()
		earned.InterestMinor, earned.PrincipalMinor = min(owed.InterestMinor, p.RestInterest), owed.PrincipalMinor
		a.pay(earned, order)
		owed.InterestMinor, owed.PrincipalMinor = owed.InterestMinor-earned.InterestMinor, 0
		a.pay(owed, order)
		return
	}
}
