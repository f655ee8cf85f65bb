package loan

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

// Command is what may be asked of a loan. Each carries the facts that it is decided on.
type Command interface {
	action() Action
	decide(State) (Event, error)
}

// Decide answers a command with events, or with one refusal: first whether the table allows the action,
// then what the command itself looks at.
func Decide(s State, c Command, actor party.Actor, on calendar.Date) ([]Event, error) {
	if err := Permit(s.Status, c.action(), actor.Kind); err != nil {
		return nil, err
	}
	if s.Status != None && !concerns(s, actor) {
		return nil, fault.New(fault.WrongMember)
	}
	e, err := c.decide(s)
	if err != nil {
		return nil, err
	}
	e.Kind, e.On, e.By = c.action(), on, actor.Member
	return []Event{e}, nil
}

// concerns reports whether the actor is the loan's own platform or custodian, or the regulator.
func concerns(s State, a party.Actor) bool {
	return a.Kind == party.Regulator || a.Is(party.Platform, s.Platform) || a.Is(party.Custodian, s.Custodian)
}

// Clear reserves the borrower's exposure.
type Clear struct{ Clearance Clearance }

func (Clear) action() Action { return ActClear }

func (c Clear) decide(s State) (Event, error) {
	if s.Frozen != "" {
		return Event{}, fault.New(fault.LoanFrozen)
	}
	return Event{Clearance: &c.Clearance}, nil
}

// Decline is the platform's or the regulator's no to a proposal.
type Decline struct{ Reason string }

func (Decline) action() Action { return ActDecline }

func (c Decline) decide(State) (Event, error) { return reasoned(c.Reason) }

// Withdraw is the borrower's no, before the money has left.
type Withdraw struct{ Reason string }

func (Withdraw) action() Action { return ActWithdraw }

func (c Withdraw) decide(State) (Event, error) { return reasoned(c.Reason) }

// Cancel ends a loan that will not be disbursed, whoever of the members finds so.
type Cancel struct{ Reason string }

func (Cancel) action() Action { return ActCancel }

func (c Cancel) decide(State) (Event, error) { return reasoned(c.Reason) }

func reasoned(reason string) (Event, error) {
	if reason == "" || len(reason) > 64 {
		return Event{}, fault.In(fault.InvalidField, "reason")
	}
	return Event{Reason: reason}, nil
}

// Expire ends a loan whose stage has lasted too long.
type Expire struct{ On calendar.Date }

func (Expire) action() Action { return ActExpire }

//nolint:unparam // a Command's decide answers an event; an expiry's has nothing to add to its kind and date
func (c Expire) decide(s State) (Event, error) {
	if c.On <= s.ExpiresOn {
		return Event{}, fault.In(fault.NotYetDue, "expires_on")
	}
	return Event{}, nil
}

// Hold says that the custodian accepted one lender's hold. No cash is promised to a frozen loan.
type Hold struct {
	Instruction string
	AmountMinor money.Minor
}

func (Hold) action() Action { return ActHold }

func (c Hold) decide(s State) (Event, error) {
	if s.Frozen != "" {
		return Event{}, fault.New(fault.LoanFrozen)
	}
	sum, err := money.Add(s.HeldMinor, c.AmountMinor)
	if err != nil || c.AmountMinor <= 0 || sum > s.PrincipalMinor {
		return Event{}, fault.In(fault.AllocationMismatch, "amount_minor")
	}
	return Event{Instruction: c.Instruction, AmountMinor: c.AmountMinor}, nil
}

// Disburse instructs the custodian to pay the loan out. Borrower is the party as it stands: a freeze or
// a revocation stops a disbursement.
type Disburse struct {
	Instruction string
	Borrower    party.State
	On          calendar.Date
}

func (Disburse) action() Action { return ActDisburse }

func (c Disburse) decide(s State) (Event, error) {
	if s.Frozen != "" {
		return Event{}, fault.New(fault.LoanFrozen)
	}
	if c.Borrower.Handle != s.Borrower {
		return Event{}, fault.In(fault.PartyUnknown, "borrower")
	}
	if err := c.Borrower.MayDraw(c.On); err != nil {
		return Event{}, err
	}
	return Event{Instruction: c.Instruction}, nil
}

// Return says that the disbursement was refused, or taken back before the custodian accepted it. The loan
// stays funded and bears no interest for it.
type Return struct{ Reason string }

func (Return) action() Action { return ActReturn }

func (c Return) decide(State) (Event, error) { return reasoned(c.Reason) }

// Activate says that the disbursement was settled: interest runs from its value date.
type Activate struct {
	Terms     Terms
	ValueDate calendar.Date
}

func (Activate) action() Action { return ActActivate }

func (c Activate) decide(s State) (Event, error) {
	if c.Terms.Commitment() != s.Commitment {
		return Event{}, fault.In(fault.CommitmentMismatch, "terms")
	}
	plan := c.Terms.Plan(c.ValueDate)
	if err := plan.Validate(); err != nil {
		return Event{}, err
	}
	return Event{Instruction: s.Disbursement, Plan: &plan}, nil
}

// WriteOff takes a loan out of the books as performing. The claim remains, receipts are still divided.
// OverdueDays is derived by package repayment, AfterDays is the regime's.
type WriteOff struct {
	Reason      string
	OverdueDays int
	AfterDays   int
}

func (WriteOff) action() Action { return ActWriteOff }

func (c WriteOff) decide(State) (Event, error) {
	if c.OverdueDays < c.AfterDays {
		return Event{}, fault.In(fault.NotYetDue, "overdue_days")
	}
	return reasoned(c.Reason)
}

// Freeze is a supervisory order. It stops clearing, funding and disbursement; never receipts.
type Freeze struct{ Order string }

func (Freeze) action() Action { return ActFreeze }

func (c Freeze) decide(s State) (Event, error) {
	switch {
	case c.Order == "" || len(c.Order) > 64:
		return Event{}, fault.In(fault.InvalidField, "order")
	case s.Frozen != "":
		return Event{}, fault.In(fault.LoanFrozen, "order")
	}
	return Event{Order: c.Order}, nil
}

// Release lifts the supervisory order of that number.
type Release struct{ Order string }

func (Release) action() Action { return ActRelease }

func (c Release) decide(s State) (Event, error) {
	if s.Frozen == "" || s.Frozen != c.Order {
		return Event{}, fault.In(fault.NotFound, "order")
	}
	return Event{Order: c.Order}, nil
}

// Net hands everything that is due to lenders, members and borrower to a payout run. A loan that owes
// nobody anything yields no event.
type Net struct{ Run string }

func (Net) action() Action { return ActNet }

func (c Net) decide(s State) (Event, error) {
	n := Netted{Run: c.Run, Credits: make([]money.Minor, len(s.WeightsMinor)), FeesMinor: make([]money.Minor, len(s.Paid.FeesMinor))}
	found := false
	take := func(amount money.Minor) money.Minor {
		// A member that was paid a fee which was reversed since owes it: its next fees of this loan
		// make up for it before anything is paid out.
		if amount <= 0 {
			return 0
		}
		found = true
		return amount
	}
	for i := range n.Credits {
		n.Credits[i] = take(s.Payable(i))
	}
	for i := range n.FeesMinor {
		n.FeesMinor[i] = take(s.Paid.FeesMinor[i] - s.FeesNetted[i])
	}
	n.RefundMinor = take(s.Paid.RefundMinor - s.RefundNetted)
	if !found {
		return Event{}, fault.New(fault.NotYetDue)
	}
	return Event{Netted: &n}, nil
}
