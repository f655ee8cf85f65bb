package regime

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// Retirement ends new business under a pack after a day.
type Retirement struct {
	Until calendar.Date `json:"until"`
	By    string        `json:"by"`
	On    calendar.Date `json:"on"`
}

// Retire is the regulator's end of a pack: after Until nothing new begins under it, and what runs goes on by
// its rules. The day may be brought forward, and never put off: that would be another pack.
type Retire struct {
	Until calendar.Date
	On    calendar.Date
	Actor party.Actor
}

func (c Retire) decide(p Pack) ([]Event, error) {
	switch {
	case p.ID == "":
		return nil, fault.In(fault.RegimeUnknown, "id")
	case c.Actor.Kind != party.Regulator:
		return nil, fault.New(fault.WrongMember)
	case c.Actor.Role != party.Supervisor && c.Actor.Role != party.Admin:
		return nil, fault.New(fault.WrongRole)
	case !p.Adopted():
		return nil, fault.In(fault.RegimeUnknown, "id")
	case c.Until.IsZero():
		return nil, fault.In(fault.MissingField, "until")
	case !p.Until.IsZero() && c.Until >= p.Until:
		return nil, fault.In(fault.InvalidField, "until")
	}
	return []Event{{Kind: "retired", Retired: &Retirement{Until: c.Until, By: c.Actor.Member, On: c.On}}}, nil
}
