package projection_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// rules stages one step of a reporting pack, and lists it once both have approved it.
func (w *town) rules(id string, command regime.Command) {
	w.Helper()
	before := load[regime.Pack](w.chain, "", wire.RegimeKey(id))
	events := must[[]regime.Event](w.chain)(regime.Decide(before, command))
	after := save(w.chain, "", wire.RegimeKey(id), regime.Pack{}, regime.Apply, events...)
	if len(before.Approvals) < 2 && len(after.Approvals) == 2 {
		root := decode[wire.Root](w.chain, w.committed["/"+wire.RootRegimes])
		root.Listed = append(root.Listed, wire.Listed{ID: id, Digest: must[string](w.chain)(wire.PackDigest(after))})
		w.put("", wire.RootRegimes, root)
	}
	w.commit()
}

func (w *town) proposeRules(id string, from string) {
	w.Helper()
	formula := regime.Formula{Unit: regime.UnitCount, Rule: regime.Rule{
		ID: "balance_loans", Version: 1, Words: regime.Words{EN: "loans", ZH: "笔数"}, Expression: "balance_count", Source: "a test",
	}}
	w.rules(id, regime.Propose{Actor: authority, Pack: regime.Pack{
		ID: id, Title: id, Source: "a test", EffectiveFrom: day(from), AppliesTo: regime.Reports,
		Reporting: &regime.Reporting{Formulas: []regime.Formula{formula}},
	}})
}

func (w *town) approveRules(id string) {
	w.Helper()
	w.rules(id, regime.Approve{Actor: authority, On: w.on})
	w.rules(id, regime.Approve{Actor: meridian, On: w.on})
}

// What counts at a close is what the ledger had said by then: a pack that is approved after the day from which it counts,
// and one that is retired as of a day that lies behind, change no close that was.
func TestClosingsKeepTheirPack(t *testing.T) {
	w := found(t)
	w.open("2024-01-03") // closes the 2nd: no pack
	w.proposeRules("first", "2024-01-01")
	w.open("2024-01-04") // closes the 3rd: proposed, and not adopted
	w.approveRules("first")
	w.open("2024-01-05") // the 4th: first
	w.proposeRules("second", "2024-01-02")
	w.approveRules("second")
	w.open("2024-01-08") // the 5th: second, which took effect later
	w.rules("second", regime.Retire{Until: day("2024-01-04"), On: w.on, Actor: authority})
	w.open("2024-01-09") // the 8th: first again
	w.rules("first", regime.Retire{Until: day("2024-01-02"), On: w.on, Actor: authority})
	w.open("2024-01-10") // the 9th: none
	want := map[string]string{"2024-01-04": "first", "2024-01-05": "second", "2024-01-08": "first"}
	whole := w.blocks
	random := rand.New(rand.NewPCG(5, 5))
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for height := 0; height < len(whole); {
			height = min(len(whole), height+1+random.IntN(9))
			w.blocks = whole[:height]
			mustCatchUp(t, db, w.chain)
		}
		m := projection.NewModel(db)
		for _, on := range []string{"2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"} {
			c, err := m.Closing(t.Context(), "harbor", "meridian", day(on))
			if err != nil || c.Regime != want[on] {
				t.Errorf("at the close of %s %q counted, want %q: %v", on, c.Regime, want[on], err)
			}
			if c.Regime == "" {
				continue
			}
			if kept, err := m.Regime(t.Context(), c.Regime); err != nil || kept.Digest != c.RegimeDigest {
				t.Errorf("the close of %s names digest %q, want %q: %v", on, c.RegimeDigest, kept.Digest, err)
			}
		}
		packs, err := m.Regimes(t.Context(), projection.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var known []regime.Pack
		for _, p := range packs.Items {
			known = append(known, p.State)
		}
		if now, _ := regime.ReportingOn(known, calendar.NewDate(2024, 1, 4)); now.ID == "first" {
			t.Error("today's packs say of the 4th what its close said: the test shows nothing")
		}
	})
}
