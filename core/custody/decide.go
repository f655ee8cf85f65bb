package custody

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/schedule"
)

// Event is one step of an instruction: instructed, added, accepted, settled, settled_in_part, refused,
// expired or cancelled.
type Event struct {
	Kind          string        `json:"kind"`
	On            calendar.Date `json:"on"`
	Instruction   *Instruction  `json:"instruction,omitempty"`
	AmountMinor   money.Minor   `json:"amount_minor,omitempty"`
	BankReference string        `json:"bank_reference,omitempty"`
	ValueDate     calendar.Date `json:"value_date,omitempty"`
	Reason        string        `json:"reason,omitempty"`
}

func (e Event) settles() bool { return e.Kind == "settled" || e.Kind == "settled_in_part" }

// Command is what may be asked of an instruction.
type Command interface {
	decide(Instruction) ([]Event, error)
}

// Decide answers a command with events, or with one refusal.
func Decide(i Instruction, c Command) ([]Event, error) { return c.decide(i) }

// Apply folds an event into an instruction.
func Apply(i Instruction, e Event) Instruction {
	switch e.Kind {
	case "instructed":
		return *e.Instruction
	case "added":
		i.AmountMinor += e.AmountMinor
	case "settled", "settled_in_part":
		i.Status, i.SettledMinor = Status(e.Kind), e.AmountMinor
		i.BankReference, i.ValueDate = e.BankReference, e.ValueDate
	default:
		i.Status, i.Reason = Status(e.Kind), e.Reason
	}
	return i
}

// Instruct creates an instruction. Whether the loan, party and mandate behind it allow it, the caller
// has checked; here it is only well formed and asked by the right member.
type Instruct struct {
	Instruction Instruction
	Actor       party.Actor
}

func (c Instruct) decide(i Instruction) ([]Event, error) {
	n := c.Instruction
	switch {
	case i.Status != None:
		return nil, fault.In(fault.AlreadyExists, "handle")
	case !allowed(None, "instruct", c.Actor.Kind, n.Kind):
		return nil, fault.New(fault.WrongMember)
	case n.AmountMinor <= 0 || n.AmountMinor > MaxEntryMinor:
		return nil, fault.In(fault.InvalidField, "amount_minor")
	case !n.ExpiresOn.IsZero() && n.ExpiresOn < n.On:
		return nil, fault.In(fault.InvalidField, "expires_on")
	}
	n.By = c.Actor.Member
	n.Status, n.SettledMinor, n.BankReference, n.ValueDate, n.Reason = Instructed, 0, "", 0, ""
	return []Event{{Kind: "instructed", On: n.On, Instruction: &n}}, nil
}

// Add nets a further amount into a payout, fee or refund that the same run of the custodian made and
// that nobody has accepted yet.
type Add struct {
	AmountMinor money.Minor
	On          calendar.Date
}

func (c Add) decide(i Instruction) ([]Event, error) {
	if i.Status != Instructed || (i.Kind != PayOut && i.Kind != Fee && i.Kind != Refund) {
		return nil, fault.New(fault.WrongStatus)
	}
	if _, err := money.Add(i.AmountMinor, c.AmountMinor); err != nil || c.AmountMinor <= 0 {
		return nil, fault.In(fault.InvalidField, "amount_minor")
	}
	return []Event{{Kind: "added", On: c.On, AmountMinor: c.AmountMinor}}, nil
}

// Accept is the custodian's promise to carry an instruction out.
type Accept struct {
	On    calendar.Date
	Actor party.Actor
}

func (c Accept) decide(i Instruction) ([]Event, error) {
	if err := i.permits("accept", c.Actor); err != nil {
		return nil, err
	}
	if !i.ExpiresOn.IsZero() && c.On > i.ExpiresOn {
		return nil, fault.In(fault.WrongStatus, "expires_on")
	}
	return []Event{{Kind: "accepted", On: c.On}}, nil
}

// Settle is the custodian's word that the bank moved the money. Less than was instructed is possible
// for a collection only; more never. Earliest is how old the value date of a disbursement may be, from which
// interest runs; all other dates are the bank's facts, however late it told them.
type Settle struct {
	AmountMinor   money.Minor
	BankReference string
	ValueDate     calendar.Date
	Earliest      calendar.Date
	On            calendar.Date
	Actor         party.Actor
}

func (c Settle) decide(i Instruction) ([]Event, error) {
	if err := i.permits("settle", c.Actor); err != nil {
		return nil, err
	}
	switch {
	case c.BankReference == "" && i.crossesTheDoor():
		return nil, fault.In(fault.MissingField, "bank_reference")
	case len(c.BankReference) > maxReference:
		return nil, fault.In(fault.InvalidField, "bank_reference")
	case c.ValueDate.IsZero() || c.ValueDate > c.On || c.ValueDate < c.Earliest && i.Kind == Disburse:
		return nil, fault.In(fault.ValueDateOutOfBounds, "value_date")
	case c.AmountMinor <= 0 || c.AmountMinor > i.AmountMinor:
		return nil, fault.In(fault.AmountMismatch, "amount_minor")
	case c.AmountMinor < i.AmountMinor && i.Kind != Collect:
		return nil, fault.In(fault.PartNotAllowed, "amount_minor")
	}
	e := Event{Kind: "settled", On: c.On, AmountMinor: c.AmountMinor, BankReference: c.BankReference, ValueDate: c.ValueDate}
	if c.AmountMinor < i.AmountMinor {
		e.Kind = "settled_in_part"
	}
	return []Event{e}, nil
}

// MaxEntryMinor bounds one entry of the bank's account: it pays off the largest loan there is with ten
// times its principal in interest, and sums of entries stay within 64 bits.
const MaxEntryMinor = 10 * schedule.MaxPrincipalMinor

// maxReference is the longest bank reference, in bytes.
const maxReference = 64

// crossesTheDoor reports whether money comes in or leaves the custodian, so that a bank entry shows it.
func (i Instruction) crossesTheDoor() bool { return i.Kind != Hold && i.Kind != Release }

// Refuse is the custodian's no, before or after accepting. Reserved cash goes back.
type Refuse struct {
	Reason string
	On     calendar.Date
	Actor  party.Actor
}

func (c Refuse) decide(i Instruction) ([]Event, error) {
	if err := i.permits("refuse", c.Actor); err != nil {
		return nil, err
	}
	if c.Reason == "" || len(c.Reason) > 64 {
		return nil, fault.In(fault.InvalidField, "reason")
	}
	return []Event{{Kind: "refused", On: c.On, Reason: c.Reason}}, nil
}

// Expire ends an instruction whose last day for being accepted is past.
type Expire struct {
	On    calendar.Date
	Actor party.Actor
}

func (c Expire) decide(i Instruction) ([]Event, error) {
	if err := i.permits("expire", c.Actor); err != nil {
		return nil, err
	}
	if i.ExpiresOn.IsZero() || c.On <= i.ExpiresOn {
		return nil, fault.In(fault.NotYetDue, "expires_on")
	}
	return []Event{{Kind: "expired", On: c.On}}, nil
}

// Cancel takes an instruction back; an accepted hold is cancelled when its loan will not disburse. A
// platform takes back only what it instructed itself.
type Cancel struct {
	On    calendar.Date
	Actor party.Actor
}

func (c Cancel) decide(i Instruction) ([]Event, error) {
	if err := i.permits("cancel", c.Actor); err != nil {
		return nil, err
	}
	if c.Actor.Kind == party.Platform && c.Actor.Member != i.By {
		return nil, fault.New(fault.WrongMember)
	}
	return []Event{{Kind: "cancelled", On: c.On}}, nil
}

func (i Instruction) permits(action string, a party.Actor) error {
	switch {
	case i.Status == None:
		return fault.In(fault.NotFound, "handle")
	case !knownFrom(i.Status, action):
		return fault.New(fault.WrongStatus)
	case !allowed(i.Status, action, a.Kind, i.Kind):
		return fault.New(fault.WrongMember)
	case a.Kind == party.Custodian && a.Member != i.Custodian, a.Kind == party.Platform && a.Member != i.Platform:
		return fault.New(fault.WrongMember)
	}
	return nil
}
