package matching

import (
	"cmp"
	"slices"

	"github.com/tallystick/tallystick/core/money"
)

// record writes down what became of the field.
func (f *field) record() Run {
	run := Run{On: f.book.On, Loans: make([]Outcome, 0, len(f.deals)), Idle: []Idle{}}
	for _, l := range f.book.Lenders {
		run.Totals.OfferedMinor += f.book.Policy.Spendable(l)
	}
	c := f.crowd()
	for d := range f.deals {
		outcome := f.outcome(c, int32(d))
		run.Totals.add(outcome)
		run.Loans = append(run.Loans, outcome)
	}
	for o := range f.orders {
		if idle, is := f.idleness(int32(o)); is {
			run.Idle = append(run.Idle, idle)
		}
	}
	slices.SortFunc(run.Idle, func(a, b Idle) int { return cmp.Compare(a.Mandate, b.Mandate) })
	run.Totals.Repaired, run.Totals.RepairEnded = f.repairs, f.steps <= 0 && f.book.Policy.RepairSteps > 0
	return run
}

func (t *Totals) add(o Outcome) {
	t.WantedMinor += o.WantedMinor
	t.MatchedMinor += o.FundedMinor
	switch o.Status {
	case Filled:
		t.Filled++
	case FilledInPart:
		t.InPart++
	case Waiting:
		t.Waiting++
	case Lapsed:
		t.Expired++
	}
}

func (f *field) outcome(c crowd, d int32) Outcome {
	deal := &f.deals[d]
	o := Outcome{
		Loan: deal.request.ID, Status: deal.status, Reason: deal.reason, WantedMinor: deal.request.PrincipalMinor,
		FundedMinor: f.lent(d), Fitting: deal.eligible, FittingMinor: deal.eligibleMinor,
	}
	switch {
	case f.book.On > deal.request.Deadline:
		o.Status, o.Reason = Lapsed, DeadlinePassed
	case o.Status == "":
		o.Status = Waiting
	}
	if o.Status != Filled && o.Status != Lapsed {
		o.Obstacles = f.hindered(c, deal)
	}
	parts := slices.Clone(deal.parts)
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.order, b.order) })
	for _, p := range parts {
		by := f.orders[p.order].mandate
		a := Allocation{Lender: by.Lender, Mandate: by.ID, PrincipalMinor: p.amount}
		if f.orders[p.order].programme {
			o.Contributions = append(o.Contributions, a)
		} else {
			o.Allocations = append(o.Allocations, a)
		}
	}
	return o
}

// idleness says why an order has not lent all that it could, if that is so.
func (f *field) idleness(number int32) (Idle, bool) {
	o := &f.orders[number]
	left := max(0, f.spendableBy(number))
	var lent money.Minor
	for _, p := range o.places {
		lent += p.amount
	}
	idle := Idle{Mandate: o.mandate.ID, Lender: o.mandate.Lender, LentMinor: lent, LeftMinor: left}
	if o.unusable != "" {
		idle.Reason = IdleReason(o.unusable)
		return idle, true
	}
	idle.Reason = f.spent(number)
	switch {
	case idle.Reason != "":
		return idle, lent == 0
	case o.programme:
		idle.Reason = ProgrammeOnly
	case left < f.book.Policy.TicketMinor:
		idle.Reason = BelowTicket
	case o.loans.count() == 0:
		idle.Reason = NoLoanFits
		var counts tally
		for i := range f.deals {
			counts.add(misfit(o.lender, o.mandate, f.deals[i].request, f.book.On), 1)
		}
		idle.Obstacles = counts.sorted()
	default:
		idle.Reason = f.whyNotMore(number)
	}
	return idle, true
}

// spent is why an order has nothing to spend, or none.
func (f *field) spent(number int32) IdleReason {
	o := &f.orders[number]
	switch {
	case o.left <= 0:
		return TotalUsed
	case f.purses[o.purse].cash > 0:
		return ""
	case o.lender.CashMinor > 0 && f.book.Policy.Spendable(*o.lender) == 0:
		return ClassLimit
	}
	return NoCash
}

// whyNotMore looks at the loans that an order fits and could have lent more to.
func (f *field) whyNotMore(number int32) IdleReason {
	reason := OwnLimits
	for d := range f.orders[number].loans.both(f.orders[number].loans) {
		deal := &f.deals[d]
		whole := deal.status == Filled || deal.status == FilledInPart
		wanted := min(f.mostIn(number, d)-f.has(number, d), f.unconcentrated(number, d, nowhere)) >= deal.ticket
		switch {
		case !whole && wanted:
			return LoansNotFilled
		case wanted:
			reason = LoansFull
		}
	}
	return reason
}
