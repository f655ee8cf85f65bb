package party

import (
	"cmp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// Freeze is a supervisory order over a party. It holds from its first day to its last, both
// included, and then lapses by itself.
type Freeze struct {
	Order string        `json:"order"`
	By    string        `json:"by"` // the regulator that ordered it
	From  calendar.Date `json:"from"`
	Until calendar.Date `json:"until"`
}

// ImposeFreeze puts an order into force. A further order replaces the one before, which is how an
// order is prolonged.
type ImposeFreeze struct {
	Actor  Actor         `json:"actor"`
	On     calendar.Date `json:"on"`
	Handle string        `json:"handle"`
	Order  string        `json:"order"`
	Until  calendar.Date `json:"until"`
}

// ReleaseFreeze lifts the order in force before it lapses. It names the order, so that nobody lifts
// one they have not read.
type ReleaseFreeze struct {
	Actor  Actor         `json:"actor"`
	On     calendar.Date `json:"on"`
	Handle string        `json:"handle"`
	Order  string        `json:"order"`
}

func (c ImposeFreeze) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), RequireID(c.Handle, "handle"),
		RequireID(c.Order, "order"), RequireDate(c.Until, "until")); err != nil {
		return Event{}, err
	}
	if c.Until < c.On {
		return Event{}, fault.In(fault.InvalidField, "until")
	}
	if err := cmp.Or(c.Actor.requireSupervisor(), s.known(c.Handle)); err != nil {
		return Event{}, err
	}
	if s.FrozenOn(c.On) && s.Freeze.Order == c.Order {
		return Event{}, fault.In(fault.AlreadyExists, "order")
	}
	event := newEvent(Frozen, c.Handle, c.Actor, c.On)
	event.Freeze = &Freeze{Order: c.Order, By: c.Actor.Member, From: c.On, Until: c.Until}
	return event, nil
}

func (c ReleaseFreeze) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), RequireID(c.Handle, "handle"),
		RequireID(c.Order, "order")); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(c.Actor.requireSupervisor(), s.known(c.Handle)); err != nil {
		return Event{}, err
	}
	switch {
	case !s.FrozenOn(c.On):
		return Event{}, fault.New(fault.WrongStatus)
	case s.Freeze.Order != c.Order:
		return Event{}, fault.In(fault.NotFound, "order")
	}
	event := newEvent(Released, c.Handle, c.Actor, c.On)
	event.Freeze = &Freeze{Order: c.Order, By: s.Freeze.By, From: s.Freeze.From, Until: c.On}
	return event, nil
}

// requireSupervisor refuses anyone but a supervisor at the regulator.
func (a Actor) requireSupervisor() error {
	if a.Kind != Regulator || a.Member == "" {
		return fault.New(fault.WrongMember)
	}
	return a.Require(Supervisor)
}
