package scenario_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// registry keeps packs as the contracts do, by core's decisions, and counts what it was sent.
type registry struct {
	packs map[string]regime.Pack
	done  map[string]bool // founded, books opened
	sent  map[string]int  // requests by function
}

// desk is one member's door to the registry.
type desk struct {
	*registry
	actor party.Actor
}

func (d desk) Submit(_ context.Context, o scenario.Order) (scenario.Done, error) {
	d.sent[o.Function]++
	done := scenario.Done{Block: 1}
	for i, item := range o.Items {
		if err := d.take(o, item); err != nil {
			done.Refused = append(done.Refused, fault.Of(err).At(i))
		}
	}
	if len(done.Refused) == len(o.Items) {
		return scenario.Done{}, done.Refused[0]
	}
	return done, nil
}

func (d desk) Reach(context.Context, uint64) error { return nil }

func (d desk) take(o scenario.Order, item json.RawMessage) error {
	once := func(key string, code fault.Code) error {
		if d.done[key] {
			return fault.New(code)
		}
		d.done[key] = true
		return nil
	}
	switch o.Function {
	case "Consortium:Bootstrap":
		return once(string(item), fault.AlreadyBootstrapped)
	case "Custody:OpenBooks":
		return once(o.Collection, fault.AlreadyExists)
	case "Consortium:ProposeRegime":
		var p wire.ProposedRegime
		if err := json.Unmarshal(item, &p); err != nil {
			return err
		}
		return d.decide(p.ID, regime.Propose{Pack: p.Pack(), Actor: d.actor})
	case "Consortium:ApproveRegime":
		var a wire.ApprovedRegime
		if err := json.Unmarshal(item, &a); err != nil {
			return err
		}
		if digest, err := wire.PackDigest(d.packs[a.ID]); err != nil || digest != a.Digest {
			return fault.In(fault.CommitmentMismatch, "digest")
		}
		return d.decide(a.ID, regime.Approve{On: calendar.NewDate(2016, 1, 1), Actor: d.actor})
	}
	return fmt.Errorf("nobody sends %s here", o.Function)
}

func (d desk) decide(id string, c regime.Command) error {
	events, err := regime.Decide(d.packs[id], c)
	for _, e := range events {
		d.packs[id] = regime.Apply(d.packs[id], e)
	}
	return err
}

func stage() (*registry, *scenario.Scene) {
	r := &registry{packs: map[string]regime.Pack{}, done: map[string]bool{}, sent: map[string]int{}}
	member := func(id string, kind party.MemberKind) scenario.Actor {
		d := desk{r, party.Actor{Member: id, Kind: kind, Role: party.Supervisor}}
		return scenario.Actor{Profile: ledger.Profile{Member: id, Kind: kind}, Machine: d, Supervisor: d}
	}
	cast := &scenario.Cast{
		Platforms: []scenario.Actor{member("harbor", party.Platform)},
		Custodian: member("meridian", party.Custodian), Regulator: member("authority", party.Regulator),
	}
	cast.Regulator.Profile.Members = []ledger.Member{{ID: "authority", Kind: party.Regulator}}
	return r, scenario.NewScene(cast, scenario.Sandbox())
}

// Both packs are proposed in one request and approved in one by each member; a second run changes nothing.
func TestGovernAdoptsBothPacks(t *testing.T) {
	r, scene := stage()
	for run := range 2 {
		steps := 0
		if err := scene.Govern(t.Context(), func() { steps++ }); err != nil {
			t.Fatalf("run %d: %v", run+1, err)
		}
		if steps != scene.GovernSteps() {
			t.Errorf("run %d took %d steps, and says %d", run+1, steps, scene.GovernSteps())
		}
		if run == 0 && (r.sent["Consortium:ProposeRegime"] != 1 || r.sent["Consortium:ApproveRegime"] != 2) {
			t.Errorf("requests %v", r.sent)
		}
	}
	checkAdopted(t, r)
}

// A network that a run before this pack left behind adopts it too.
func TestGovernAddsTheReportingPack(t *testing.T) {
	r, scene := stage()
	if err := scene.Govern(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	delete(r.packs, scenario.Reporting().ID)
	if err := scene.Govern(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	checkAdopted(t, r)
}

func checkAdopted(t *testing.T, r *registry) {
	t.Helper()
	var packs []regime.Pack
	for _, p := range r.packs {
		if !p.Adopted() || len(p.Approvals) != 2 {
			t.Errorf("pack %s has the approvals %v", p.ID, p.Approvals)
		}
		packs = append(packs, p)
	}
	if p, inForce := regime.ReportingOn(packs, calendar.NewDate(2016, 3, 31)); len(packs) != 2 || !inForce || p.ID != scenario.Reporting().ID {
		t.Errorf("of %d packs %q reports", len(packs), p.ID)
	}
}

// What cannot be explained by an earlier run is told.
func TestGovernStopsAtAnotherRefusal(t *testing.T) {
	_, scene := stage()
	scene.Reports.Reporting = &regime.Reporting{}
	if err := scene.Govern(t.Context(), func() {}); err == nil {
		t.Error("a pack that holds nothing was adopted")
	}
}
