package contracttest

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

func regimeAdopted(t *testing.T, l Ledger) {
	w := Founded(t, l)
	p := Sandbox()
	w.Must(Call{Member: Lantern, Role: party.Admin, Function: "Consortium:ProposeRegime", Request: Public(p)})
	expect := func(adopted bool, approvals ...string) {
		t.Helper()
		got := w.pack(p.ID).State
		if got.Adopted() != adopted || len(got.Approvals) != len(approvals) || got.Proposer != Lantern {
			t.Fatalf("the pack is %+v, want adopted %v by %v", got, adopted, approvals)
		}
	}
	expect(false)
	w.Must(w.approval(Harbor, p.ID))
	w.Must(w.approval(Meridian, p.ID))
	expect(false, Harbor, Meridian)
	w.Must(w.approval(Authority, p.ID))
	expect(true, Harbor, Meridian, Authority)
	w.Must(w.approval(Lantern, p.ID))
	expect(true, Harbor, Meridian, Authority, Lantern)

	var all []wire.Record[regime.Pack, json.RawMessage]
	w.Read(Call{Member: Harbor, Role: party.Operator, Function: "Consortium:ReadRegimes", Request: PublicRead()}, &all)
	for _, record := range all {
		if record.State.ID == p.ID {
			return
		}
	}
	t.Error("the list of all regimes lacks the pack")
}

func regimeRefused(t *testing.T, l Ledger) {
	w := Founded(t, l)
	propose := func(p wire.ProposedRegime) Call {
		return Call{Member: Authority, Role: party.Supervisor, Function: "Consortium:ProposeRegime", Request: Public(p)}
	}
	p := Sandbox()
	w.Must(propose(p))
	w.Refused(propose(p), fault.In(fault.AlreadyExists, "id").At(0))
	misnamed, uncapped := Sandbox(), Sandbox()
	misnamed.ID = "a/b"
	w.Refused(propose(misnamed), fault.In(fault.InvalidField, "id").At(0))
	uncapped.Rules.RateCapPPM = 0
	w.Refused(propose(uncapped), fault.In(fault.InvalidField, "rules.rate_cap_ppm").At(0))

	approve := func(a wire.ApprovedRegime) Call {
		return Call{Member: Meridian, Role: party.Supervisor, Function: "Consortium:ApproveRegime", Request: Public(a)}
	}
	digest := w.digestOf(p.ID)
	w.Refused(approve(wire.ApprovedRegime{ID: "a/b", Digest: digest}), fault.In(fault.InvalidField, "id").At(0))
	w.Refused(approve(wire.ApprovedRegime{ID: "unheard-of", Digest: digest}), fault.In(fault.RegimeUnknown, "id").At(0))
	w.Refused(approve(wire.ApprovedRegime{ID: p.ID, Digest: NewDigest()}), fault.In(fault.CommitmentMismatch, "digest").At(0))
	w.Must(approve(wire.ApprovedRegime{ID: p.ID, Digest: digest}))
	w.Refused(approve(wire.ApprovedRegime{ID: p.ID, Digest: digest}), fault.New(fault.AlreadyApproved).At(0))
}

func platformFrozen(t *testing.T, l Ledger) {
	w := Founded(t, l)
	order, other := "order-"+NewHandle(), "order-"+NewHandle()
	call := func(function, platform, order string) Call {
		return Call{
			Member: Authority, Role: party.Supervisor, Function: "Consortium:" + function,
			Request: Public(wire.PlatformOrder{Platform: platform, Order: order}),
		}
	}
	freeze := func(platform, order string) Call { return call("FreezePlatform", platform, order) }
	release := func(order string) Call { return call("ReleasePlatform", Lantern, order) }
	w.Refused(release(order), fault.New(fault.WrongStatus).At(0))
	w.Refused(freeze("nobody", order), fault.New(fault.MemberUnknown).At(0))
	w.Refused(freeze(Meridian, order), fault.In(fault.InvalidField, "platform").At(0))
	w.Refused(freeze(Lantern, ""), fault.In(fault.InvalidField, "order").At(0))

	w.Must(freeze(Lantern, order))
	w.expectFreeze(Lantern, order, true)
	w.Refused(freeze(Lantern, order), fault.In(fault.AlreadyExists, "order").At(0))
	w.Must(freeze(Lantern, other))
	w.expectFreeze(Lantern, other, true)
	w.Refused(release(order), fault.In(fault.NotFound, "order").At(0))
	w.Invalid(release(other), Meridian, Lantern)
	w.Must(release(other))
	w.expectFreeze(Lantern, other, false)
	w.Refused(release(other), fault.New(fault.WrongStatus).At(0))
}

// expectFreeze reads a platform's freeze, by its id and in the list of all.
func (w *World) expectFreeze(platform, order string, inForce bool) {
	w.T.Helper()
	for _, items := range [][]string{{platform}, nil} {
		var found []wire.Record[wire.PlatformFreeze, wire.PlatformEvent]
		w.Read(Call{
			Member: Lantern, Role: party.Operator, Function: "Consortium:ReadFreezes", Request: PublicRead(items...),
		}, &found)
		at := slices.IndexFunc(found, func(r wire.Record[wire.PlatformFreeze, wire.PlatformEvent]) bool {
			return r.State.Platform == platform
		})
		if at < 0 {
			w.T.Fatalf("%s was never frozen", platform)
		}
		if got := found[at].State; got.Order != order || got.By != Authority || got.InForce() != inForce {
			w.T.Errorf("the freeze is %+v, want order %s in force %v", got, order, inForce)
		}
	}
}

func platformsAlone(t *testing.T, l Ledger) {
	w := Founded(t, l)
	propose := Call{Member: Harbor, Role: party.Supervisor, Function: "Consortium:ProposeRegime", Request: Public(Sandbox())}
	w.Invalid(propose, Harbor, Lantern)
	w.Invalid(propose, Harbor)
	w.Invalid(propose, Authority, Authority)
	propose.EndorseBy = []string{Harbor, Meridian}
	w.Must(propose)
}

func governanceRoles(t *testing.T, l Ledger) {
	w := Founded(t, l)
	propose := Call{Member: Meridian, Role: party.Operator, Function: "Consortium:ProposeRegime", Request: Public(Sandbox())}
	w.Refused(propose, fault.New(fault.WrongRole))
	propose.Member, propose.Role = Authority, party.Auditor
	w.Refused(propose, fault.New(fault.WrongRole))
	order := Call{
		Member: Authority, Role: party.Admin, Function: "Consortium:FreezePlatform",
		Request: Public(wire.PlatformOrder{Platform: Harbor, Order: "order-1"}),
	}
	w.Refused(order, fault.New(fault.WrongRole))
	order.Member, order.Role = Meridian, party.Supervisor
	w.Refused(order, fault.New(fault.WrongMember))
	late := Sandbox()
	late.EffectiveFrom = calendar.Date(0)
	propose.Member, propose.Role, propose.Request = Meridian, party.Supervisor, Public(late)
	w.Refused(propose, fault.In(fault.InvalidField, "effective_from").At(0))
}
