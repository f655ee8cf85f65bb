package books

import (
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/mandate"
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
	m, err := once(a.members, tail(w.Key), w)
	if err != nil {
		return err
	}
	if m.ID != tail(w.Key) {
		return fmt.Errorf("the key is that of another member than %s", m.ID)
	}
	a.ids = append(a.ids, m.ID)
	if a.digests[w.Key], err = wire.MemberDigest(m); err != nil {
		return err
	}
	return versioned(m.Version)
}

// listed reports whether the root key lists a member as it was entered.
func (a *Auditor) listed(member string) bool {
	digest, ok := a.roots[wire.RootMembers].Find(member)
	return ok && digest == a.digests[wire.MemberKey(member)]
}

// actor is a member that the root key lists, acting by its machine.
func (a *Auditor) actor(member string) (party.Actor, error) {
	if !a.listed(member) {
		return party.Actor{}, fmt.Errorf("%q is no member that the root key lists", member)
	}
	return party.Actor{Member: member, Kind: a.members[member].Kind, Role: party.Machine}, nil
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

// regimeStep decides a proposal or an approval again. Who decides on rules at a member is no fact of the
// ledger, so the member's supervisor is taken to have done it.
func (a *Auditor) regimeStep(before regime.Pack, e regime.Event) (regime.Pack, error) {
	var by string
	switch {
	case e.Kind == "proposed" && e.Proposed != nil:
		by = e.Proposed.Proposer
	case e.Kind == "approved" && e.Approved != nil:
		by = e.Approved.Member
	default:
		return before, fmt.Errorf("%q is no event of a regime", e.Kind)
	}
	actor, err := a.actor(by)
	if err != nil {
		return before, err
	}
	actor.Role = party.Supervisor
	var command regime.Command
	if e.Kind == "proposed" {
		command = regime.Propose{Pack: *e.Proposed, Actor: actor}
	} else {
		command = regime.Approve{On: e.Approved.On, Actor: actor}
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
	_, err := fold(a, a.days, custodian, w, custody.Day{}, func(before custody.Day, e custody.DayEvent) (custody.Day, error) {
		return a.dayStep(custodian, before, e)
	})
	return err
}

func (a *Auditor) dayStep(custodian string, before custody.Day, e custody.DayEvent) (custody.Day, error) {
	if e.Kind != "opened" {
		decided, refusal := custody.CloseDay(before, e.Day.Date)
		again, err := agreed("the business day", decided, refusal, e)
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
		switch {
		case e.Platform != tail(w.Key):
			return before, fmt.Errorf("the key is that of another platform than %s", e.Platform)
		case a.members[e.By].Kind != party.Regulator:
			return before, fmt.Errorf("%q is no regulator", e.By)
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

func (a *Auditor) party(w Write) error {
	_, err := fold(a, a.parties, w.Collection+"/"+w.Key, w, party.State{}, func(before party.State, e party.Event) (party.State, error) {
		after := party.Apply(before, e)
		if err := a.vouched(w, e.By, e.Side, e.Handle, after.Handle); err != nil {
			return after, err
		}
		return after, attested(before, e)
	})
	return err
}

// attested decides an attestation again: the second side's word must not differ from the first side's.
func attested(before party.State, e party.Event) error {
	if e.Kind != party.Attested || e.Identity == nil {
		return nil
	}
	actor := party.Actor{Member: e.By, Kind: e.Side, Role: party.Machine}
	decided, refusal := party.Decide(before, party.Attest{
		Actor: actor, On: e.On, Identity: *e.Identity, AccountDigest: e.AccountDigest,
	})
	_, err := agreed(string(e.Kind), decided, refusal, e)
	return err
}

func (a *Auditor) mandate(w Write) error {
	_, err := fold(a, a.mandates, w.Collection+"/"+w.Key, w, mandate.State{}, func(before mandate.State, e mandate.Event) (mandate.State, error) {
		after := mandate.Apply(before, e)
		return after, a.vouched(w, e.By, e.Side, e.Handle, after.Handle)
	})
	return err
}

// vouched wants what is not decided again to be the word of a member, in its own part, about what the key
// names.
func (a *Auditor) vouched(w Write, by string, side party.MemberKind, handles ...string) error {
	actor, err := a.actor(by)
	switch {
	case err != nil:
		return err
	case actor.Kind != side:
		return fmt.Errorf("%s is no %s", by, side)
	case slices.ContainsFunc(handles, func(h string) bool { return h != tail(w.Key) }):
		return fmt.Errorf("the key is that of another than %q", handles)
	}
	return nil
}
