package contracttest

import (
	"reflect"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func consortiumSuite(t *testing.T, open func(t *testing.T) Ledger) {
	tests := []struct {
		name string
		run  func(t *testing.T, l Ledger)
	}{
		{"nothing works before the consortium is founded", nothingBeforeBootstrap},
		{"a founder must be well formed", foundersWellFormed},
		{"no member declares itself the regulator", foundedByTheAgreed},
		{"a consortium is founded by its one regulator", foundedByItsRegulator},
		{"a consortium is founded once and whole", foundedOnce},
		{"nothing is dated before the custodian's first business day", undated},
		{"further members are registered by the regulator", registered},
		{"root keys need the regulator's endorsement", rootKeysGuarded},
		{"an adopted regime needs the regulator's endorsement", listedGuarded},
		{"a business day needs its custodian's endorsement", dayGuarded},
		{"a regime counts once regulator and custodian have approved it", regimeAdopted},
		{"a regime is refused", regimeRefused},
		{"a platform is frozen and released by order", platformFrozen},
		{"two platforms alone write nothing", platformsAlone},
		{"governance is the supervisors' and administrators'", governanceRoles},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// unfounded is a world that nobody has founded yet; elsewhere the test is skipped.
func unfounded(t *testing.T, l Ledger) *World {
	t.Helper()
	w := NewWorld(t, l)
	read := w.Evaluate(t, Call{Member: Harbor, Role: party.Operator, Function: "Consortium:ReadMembers", Request: PublicRead()})
	if read.Fault == nil || read.Fault.Code != fault.NotBootstrapped {
		t.Skip("the consortium of this ledger is founded already: only a new ledger can show this")
	}
	return w
}

// bootstrap founds with these members, as an administrator of the member named.
func bootstrap(member string, founders ...wire.Member) Call {
	return Call{Member: member, Role: party.Admin, Function: "Consortium:Bootstrap", Request: Public(founders...)}
}

func nothingBeforeBootstrap(t *testing.T, l Ledger) {
	w := unfounded(t, l)
	for _, c := range []Call{
		{Member: Authority, Role: party.Admin, Function: "Consortium:Register", Request: Public(w.Founders()[0])},
		{Member: Authority, Role: party.Supervisor, Function: "Consortium:ProposeRegime", Request: Public(Sandbox())},
		{
			Member: Harbor, Role: party.Machine, Function: "Party:Attest",
			Request: Private(Pair, wire.Attestation{Identity: NewPerson(t, party.P256).identity(10_000)}),
		},
	} {
		w.Refused(c, fault.New(fault.NotBootstrapped))
	}
}

func foundedOnce(t *testing.T, l Ledger) {
	w := Founded(t, l)
	var members []wire.MemberEntry
	w.Read(Call{Member: Authority, Role: party.Auditor, Function: "Consortium:ReadMembers", Request: PublicRead()}, &members)
	for _, f := range w.Founders() {
		if !listsMember(members, f) {
			t.Errorf("%s is no member", f.ID)
		}
	}
	var some []*wire.MemberEntry
	w.Read(Call{
		Member: Lantern, Role: party.Operator, Function: "Consortium:ReadMembers", Request: PublicRead("nobody", Harbor),
	}, &some)
	if len(some) != 2 || some[0] != nil || !reflect.DeepEqual(some[1].Member, w.Founders()[0]) {
		t.Errorf("read members by id: got %+v", some)
	}
	w.Refused(bootstrap(Authority, w.Founders()...), fault.New(fault.AlreadyBootstrapped))
	w.Refused(bootstrap(Harbor, w.Founders()...), fault.New(fault.WrongMember))
}

func foundedByItsRegulator(t *testing.T, l Ledger) {
	w := unfounded(t, l)
	all := w.Founders()
	w.Refused(bootstrap(Meridian, all...), fault.New(fault.WrongMember))
	w.Refused(bootstrap(Authority, all[:3]...), fault.New(fault.MemberUnknown))
	operator := bootstrap(Authority, all...)
	operator.Role = party.Operator
	w.Refused(operator, fault.New(fault.WrongRole))

	second := wire.Member{ID: "shadow", Name: "Shadow", Kind: party.Regulator, MSPID: "ShadowMSP", Roots: []string{NewDigest()}}
	w.Refused(bootstrap(Authority, append(all, second)...), fault.In(fault.InvalidField, "items"))
	w.Refused(bootstrap(Authority, all[0], all[3]), fault.In(fault.InvalidField, "items"))
	piecemeal := Public(all...)
	piecemeal.Mode = wire.Each
	w.Refused(Call{Member: Authority, Role: party.Admin, Function: "Consortium:Bootstrap", Request: piecemeal},
		fault.In(fault.InvalidField, "mode"))
	slices.Reverse(all)
	w.Must(bootstrap(Authority, all...))
}

// foundedByTheAgreed has a platform name itself the regulator, and the regulator leave somebody out.
func foundedByTheAgreed(t *testing.T, l Ledger) {
	w := unfounded(t, l)
	mismatch := fault.In(fault.FoundersMismatch, "items")
	usurped := w.Founders()
	usurped[0].Kind, usurped[3].Kind = party.Regulator, party.Platform
	w.Refused(bootstrap(Harbor, usurped...), mismatch)
	w.Refused(bootstrap(Harbor, usurped[:3]...), mismatch)
	w.Refused(bootstrap(Authority, w.Founders()[1:]...), mismatch)
	another := append(w.Founders(), wire.Member{ID: "shadow", Name: "Shadow", Kind: party.Platform, MSPID: "ShadowMSP", Roots: []string{NewDigest()}})
	w.Refused(bootstrap(Authority, another...), mismatch)
	forged := w.Founders()
	forged[0].Roots = []string{NewDigest()} // an authority of another's making speaks for the platform's staff
	w.Refused(bootstrap(Authority, forged...), mismatch)
}

func undated(t *testing.T, l Ledger) {
	w := Founded(t, l)
	if !w.Day().Date.IsZero() {
		t.Skip("the custodian of this ledger has opened days already: only a new ledger can show this")
	}
	c := NewPerson(t, party.P256)
	identity := c.identity(calendar.NewDate(2026, 1, 5))
	w.Refused(partyCall(Harbor, party.Machine, "Attest", wire.Attestation{Identity: identity}), fault.New(fault.DayNotOpen).At(0))
	w.Refused(mandateCall(Meridian, "Confirm", wire.MandateConfirmation{Handle: NewHandle(), Channel: "branch", SignedTerms: NewDigest()}),
		fault.New(fault.DayNotOpen).At(0))
}

func foundersWellFormed(t *testing.T, l Ledger) {
	w := unfounded(t, l)
	cases := []struct {
		alter func(m *wire.Member)
		want  *fault.Fault
	}{
		{func(m *wire.Member) { m.ID = "har-bor" }, fault.In(fault.InvalidField, "id")},
		{func(m *wire.Member) { m.ID = "Harbor" }, fault.In(fault.InvalidField, "id")},
		{func(m *wire.Member) { m.ID = wire.Exposure }, fault.In(fault.InvalidField, "id")},
		{func(m *wire.Member) { m.Name = "" }, fault.In(fault.InvalidField, "name")},
		{func(m *wire.Member) { m.Kind = "bank" }, fault.In(fault.InvalidField, "kind")},
		{func(m *wire.Member) { m.MSPID = "Harbor MSP" }, fault.In(fault.InvalidField, "msp_id")},
		{func(m *wire.Member) { m.Roots = []string{} }, fault.In(fault.MissingField, "ca_roots")},
		{func(m *wire.Member) { m.Roots = []string{"root"} }, fault.In(fault.InvalidField, "ca_roots")},
		{func(m *wire.Member) { m.Roots = []string{m.Roots[0], m.Roots[0]} }, fault.In(fault.InvalidField, "ca_roots")},
		{func(m *wire.Member) { m.ID = Lantern }, fault.In(fault.AlreadyExists, "id")},
		{func(m *wire.Member) { m.MSPID = mspOf[Lantern] }, fault.In(fault.AlreadyExists, "msp_id")},
	}
	for _, c := range cases {
		altered := append(w.Founders()[1:], w.Founders()[0])
		c.alter(&altered[3])
		w.Refused(bootstrap(Authority, altered...), c.want.At(3))
	}
}

func registered(t *testing.T, l Ledger) {
	w := Founded(t, l)
	register := func(member string, items ...wire.Member) Call {
		return Call{Member: member, Role: party.Admin, Function: "Consortium:Register", Request: Public(items...)}
	}
	id := "beacon" + NewHandle()[:8]
	newcomer := wire.Member{ID: id, Name: "Beacon", Kind: party.Platform, MSPID: id + "MSP", Roots: []string{NewDigest()}}
	w.Refused(register(Meridian, newcomer), fault.New(fault.WrongMember))
	w.Refused(register(Authority, w.Founders()[0]), fault.In(fault.AlreadyExists, "id").At(0))
	w.Refused(register(Authority, newcomer, newcomer), fault.In(fault.AlreadyExists, "id").At(1))
	w.Refused(register(Authority, wire.Member{ID: "second", Name: "Second", Kind: party.Regulator, MSPID: "SecondMSP", Roots: []string{NewDigest()}}),
		fault.In(fault.InvalidField, "kind").At(0))
	w.Invalid(register(Authority, newcomer), Meridian, Harbor)
	w.Must(register(Authority, newcomer))
	var members []wire.MemberEntry
	w.Read(Call{Member: Harbor, Role: party.Operator, Function: "Consortium:ReadMembers", Request: PublicRead()}, &members)
	if len(members) < 5 || !listsMember(members, newcomer) {
		t.Errorf("the members are %+v", members)
	}
	reRooted := newcomer
	reRooted.Roots = []string{newcomer.Roots[0], NewDigest()}
	w.Invalid(register(Authority, reRooted), Meridian, Harbor)
	w.Must(register(Authority, reRooted))
	w.Read(Call{Member: Harbor, Role: party.Operator, Function: "Consortium:ReadMembers", Request: PublicRead(id)}, &members)
	if len(members) != 1 || !listsMember(members, reRooted) {
		t.Errorf("with a new root the member is %+v", members)
	}
	renamed := reRooted
	renamed.Name, renamed.Roots = "Beacon Two", newcomer.Roots
	w.Refused(register(Authority, renamed), fault.In(fault.AlreadyExists, "id").At(0))
}

func listsMember(members []wire.MemberEntry, m wire.Member) bool {
	return slices.ContainsFunc(members, func(e wire.MemberEntry) bool { return reflect.DeepEqual(e.Member, m) })
}

func rootKeysGuarded(t *testing.T, l Ledger) {
	w := Founded(t, l)
	p := Sandbox()
	w.Must(Call{Member: Harbor, Role: party.Supervisor, Function: "Consortium:ProposeRegime", Request: Public(p)})
	w.Must(w.approval(Authority, p.ID))
	for _, endorsers := range [][]string{
		{Meridian},
		{Meridian, Meridian},
		{Meridian, Harbor},
		{Meridian, Lantern},
		{Meridian, Harbor, Lantern},
		{Authority},
		{Authority, Authority},
		{Harbor, Lantern},
	} {
		w.Invalid(w.approval(Meridian, p.ID), endorsers...)
	}
	adopting := w.approval(Meridian, p.ID)
	adopting.EndorseBy = []string{Authority, Lantern}
	w.Must(adopting)
}

// listedGuarded has a platform add its approval to an adopted pack: it writes the pack and no root key.
func listedGuarded(t *testing.T, l Ledger) {
	w := Founded(t, l)
	adopted := w.Adopt(Sandbox())
	for _, endorsers := range [][]string{{Meridian, Harbor}, {Meridian, Lantern}, {Meridian, Harbor, Lantern}, {Authority}} {
		w.Invalid(w.approval(Lantern, adopted), endorsers...)
	}
	approving := w.approval(Lantern, adopted)
	approving.EndorseBy = []string{Authority, Harbor}
	w.Must(approving)
}

// dayGuarded has a business day closed by members that are not its custodian.
func dayGuarded(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	closing := Call{
		Member: Meridian, Role: party.Machine, Function: "Custody:CloseDay", Request: Public(wire.BusinessDay{Date: on}),
	}
	for _, endorsers := range [][]string{{Authority, Harbor}, {Authority, Lantern}, {Authority, Harbor, Lantern}, {Meridian}} {
		w.Invalid(closing, endorsers...)
	}
	closing.EndorseBy = []string{Meridian, Lantern}
	w.Must(closing)
}
