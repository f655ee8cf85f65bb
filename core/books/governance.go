package books

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

func (a *Auditor) root(w Write) error {
	root, err := read[wire.Root](w.Value)
	if err != nil {
		return err
	}
	a.roots[w.Key] = root
	return versioned(root.Version)
}

func (a *Auditor) member(w Write) error {
	m, err := read[wire.MemberEntry](w.Value)
	if err != nil {
		return err
	}
	if m.ID != tail(w.Key) {
		return fmt.Errorf("the key is that of another member than %s", m.ID)
	}
	before, registered := a.members[m.ID]
	if registered && !m.ReRooted(before.Member) {
		return fmt.Errorf("a member was written again, and not for other roots")
	}
	if !registered {
		a.ids = append(a.ids, m.ID)
	}
	a.members[m.ID] = m
	if a.digests[w.Key], err = wire.MemberDigest(m); err != nil {
		return err
	}
	return versioned(m.Version)
}

// pair is the platform and the custodian whose collection it is.
func (a *Auditor) pair(collection string) (platform, custodian string, err error) {
	for _, p := range a.ids {
		for _, c := range a.ids {
			if a.members[p].Kind == party.Platform && a.members[c].Kind == party.Custodian &&
				wire.PairCollection(p, c) == collection && a.listed(p) && a.listed(c) {
				return p, c, nil
			}
		}
	}
	return "", "", fmt.Errorf("%q is no pair's collection", collection)
}

// today is the business day of a collection's custodian. Events that are dated otherwise are refused.
func (a *Auditor) today(collection string, on calendar.Date) (custody.Day, error) {
	_, custodian, err := a.pair(collection)
	if err != nil {
		return custody.Day{}, err
	}
	day := a.days[custodian]
	if day.Date != on || on.IsZero() {
		return day, fmt.Errorf("the event is of %q and the custodian's business day is %q", on, day.Date)
	}
	return day, nil
}

// openToday is today, which must be open still: what the bank moved is booked on no other day.
func (a *Auditor) openToday(collection string, on calendar.Date) (custody.Day, error) {
	day, err := a.today(collection, on)
	if err != nil {
		return day, err
	}
	if _, err := day.Require(); err != nil {
		return day, fmt.Errorf("the custodian had closed the business day of %s: %w", day.Date, err)
	}
	return day, nil
}

func (a *Auditor) regime(w Write) error {
	pack, err := fold(a, a.regimes, tail(w.Key), w, regime.Pack{}, a.regimeStep)
	if err != nil {
		return err
	}
	if pack.ID != tail(w.Key) {
		return fmt.Errorf("the key is that of another regime than %s", pack.ID)
	}
	a.digests[w.Key], err = wire.PackDigest(pack)
	return err
}

// regimeStep decides a proposal, an approval or a retirement again.
func (a *Auditor) regimeStep(before regime.Pack, e regime.Event) (regime.Pack, error) {
	var by string
	switch {
	case e.Kind == "proposed" && e.Proposed != nil:
		by = e.Proposed.Proposer
	case e.Kind == "approved" && e.Approved != nil:
		by = e.Approved.Member
	case e.Kind == "retired" && e.Retired != nil:
		by = e.Retired.By
	default:
		return before, fmt.Errorf("%q is no event of a regime", e.Kind)
	}
	actor, err := a.author(by)
	if err != nil {
		return before, err
	}
	var command regime.Command
	switch e.Kind {
	case "proposed":
		command = regime.Propose{Pack: *e.Proposed, Actor: actor}
	case "approved":
		command = regime.Approve{On: e.Approved.On, Actor: actor}
	default:
		command = regime.Retire{Until: e.Retired.Until, On: e.Retired.On, Actor: actor}
	}
	decided, refusal := regime.Decide(before, command)
	again, err := agreed(e.Kind, decided, refusal, e)
	if err != nil {
		return before, err
	}
	return regime.Apply(before, again), nil
}

// pack is a regime that the root key lists as it stands.
func (a *Auditor) pack(id string) (regime.Pack, error) {
	if listed, ok := a.roots[wire.RootRegimes].Find(id); !ok || listed != a.digests[wire.RegimeKey(id)] {
		return regime.Pack{}, fmt.Errorf("%q is no regime that the root key lists", id)
	}
	return a.regimes[id], nil
}

func (a *Auditor) day(w Write) error {
	custodian := tail(w.Key)
	if a.members[custodian].Kind != party.Custodian {
		return fmt.Errorf("%q is no custodian", custodian)
	}
	if _, err := a.writer(custodian); err != nil {
		return err
	}
	_, err := fold(a, a.days, custodian, w, custody.Day{}, func(before custody.Day, e custody.DayEvent) (custody.Day, error) {
		return a.dayStep(custodian, before, e)
	})
	return err
}

func (a *Auditor) dayStep(custodian string, before custody.Day, e custody.DayEvent) (custody.Day, error) {
	if e.Kind != "opened" {
		decided, refusal := custody.CloseDay(before, e.Day.Date)
		again, err := agreed("the business day", decided, refusal, e)
		if pack, inForce := regime.ReportingOn(a.Packs(), e.Day.Date); inForce {
			a.closes[closed{custodian, e.Day.Date}] = pack.ID
		}
		return custody.ApplyDay(before, again), err
	}
	pack, err := a.pack(e.Day.Regime)
	if err != nil {
		return before, err
	}
	if err := pack.InForce(e.Day.Date); err != nil {
		return before, fmt.Errorf("the day was opened by a regime that is not in force: %w", err)
	}
	opening := custody.Day{Custodian: custodian, Date: e.Day.Date, Regime: e.Day.Regime}
	decided, refusal := custody.OpenDay(before, opening, pack.Rules.Calendar())
	again, err := agreed("the business day", decided, refusal, e)
	return custody.ApplyDay(before, again), err
}

func (a *Auditor) freeze(w Write) error {
	step := func(before wire.PlatformFreeze, e wire.PlatformEvent) (wire.PlatformFreeze, error) {
		supervisor, err := a.author(e.By)
		if err != nil {
			return before, err
		}
		switch {
		case e.Platform != tail(w.Key) || a.members[e.Platform].Kind != party.Platform || !a.listed(e.Platform):
			return before, fmt.Errorf("the key is that of another platform than %q", e.Platform)
		case supervisor.Kind != party.Regulator:
			return before, fmt.Errorf("%q is no regulator", e.By)
		case supervisor.Role != party.Supervisor:
			return before, fmt.Errorf("%s's %s gives no supervisory order", e.By, supervisor.Role)
		case !party.ValidID(e.Order):
			return before, fmt.Errorf("%q is no order", e.Order)
		case e.Kind == wire.PlatformFrozen && (!before.InForce() || before.Order != e.Order): // a further order replaces the one in force
		case e.Kind == wire.PlatformReleased && before.InForce() && before.Order == e.Order:
		default:
			return before, fmt.Errorf("%q does not follow on what is in force", e.Kind)
		}
		return before.Apply(e), nil
	}
	_, err := fold(a, a.freezes, tail(w.Key), w, wire.PlatformFreeze{}, step)
	return err
}
