package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

func proposal(t *testing.T, packs ...wire.ProposedRegime) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"items": packs})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A pack with a slip in an expression never reaches the ledger, which would keep it and read none of it: the answer
// names every rule at fault, by its place.
func TestAPackThatDoesNotCompileIsRefused(t *testing.T) {
	s := newScene(t)
	pack := scenario.Reporting()
	pack.Reporting.Formulas[3].Expression = "balance_count +\n  lnet_count"
	pack.Reporting.Formulas[5].Expression = "lenders > 0"
	pack.Reporting.Validations[0].Expression = "nobody_knows >= 0"
	pack.Reporting.Alerts[0].Expression = "amount_minor"
	pack.Reporting.Warnings[0].Expression = "probability_ppm >"
	pack.Reporting.Deadlines[0].Expression = "days_since <= days"
	w := s.post("/v1/regimes", proposal(t, scenario.Sandbox(), pack))
	problem := refusedAs(t, w, 400, "invalid_field", "items[1].reporting.formulas[3].expression")
	if problem.Item != 2 || problem.Line != 2 || problem.Column != 3 || !strings.Contains(problem.Detail, "rule balance_loans, line 2, column 3") {
		t.Errorf("problem %+v", problem)
	}
	var fields []string
	for _, f := range problem.Errors {
		fields = append(fields, f.Field)
		if f.Item != 2 || f.Line == 0 || f.Column == 0 || f.Detail == "" {
			t.Errorf("finding %+v", f)
		}
	}
	if got := strings.Join(fields, " "); got != "items[1].reporting.formulas[3].expression items[1].reporting.formulas[5].expression items[1].reporting.validations[0].expression items[1].reporting.alerts[0].expression items[1].reporting.warnings[0].expression items[1].reporting.deadlines[0].expression" {
		t.Errorf("findings %s", got)
	}
	if s.ledger.ran() != 0 {
		t.Error("the pack went to the ledger all the same")
	}
}

// A pack that was proposed straight on the ledger is compiled when it is approved here: who approves is told what is wrong.
func TestAPackThatDoesNotCompileIsNotApproved(t *testing.T) {
	s := newScene(t)
	slip, good := scenario.Reporting().Pack(), scenario.Reporting().Pack()
	slip.ID, slip.Reporting.Formulas[3].Expression = "slip", "balance_count +\n  lnet_count"
	items := []wire.ApprovedRegime{{ID: "nobody_has_it", Digest: strings.Repeat("0", 64)}}
	for _, pack := range []regime.Pack{good, slip} {
		digest, err := wire.PackDigest(pack)
		if err != nil {
			t.Fatal(err)
		}
		s.books.regimes = append(s.books.regimes, projection.Regime{Held: projection.Held[regime.Pack]{ID: pack.ID, State: pack}, Digest: digest})
		items = append(items, wire.ApprovedRegime{ID: pack.ID, Digest: digest})
	}
	approve := func(items []wire.ApprovedRegime) string {
		raw, err := json.Marshal(map[string]any{"items": items})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	problem := refusedAs(t, s.post("/v1/regimes/approvals", approve(items)), 400, "invalid_field", "items[2].reporting.formulas[3].expression")
	if problem.Item != 3 || problem.Line != 2 || problem.Column != 3 || s.ledger.ran() != 0 {
		t.Errorf("problem %+v, and the ledger was asked %d times", problem, s.ledger.ran())
	}
	want[api.CommandAnswer](t, s.post("/v1/regimes/approvals", approve(items[:2])), 200)
}

// A rule under the id and version of one on the ledger computes what that one computes.
func TestAVersionIsNotUsedForAnotherFormula(t *testing.T) {
	s := newScene(t)
	known := scenario.Reporting().Pack()
	s.books.regimes = append(s.books.regimes, projection.Regime{Held: projection.Held[regime.Pack]{ID: known.ID, State: known}})
	pack := scenario.Reporting()
	pack.ID = "reporting-2017"
	pack.Reporting.Formulas[0].Expression += " + 1"
	problem := refusedAs(t, s.post("/v1/regimes", proposal(t, pack)), 400, "invalid_field", "items[0].reporting.formulas[0].version")
	if problem.Item != 1 || !strings.Contains(problem.Detail, "raise the version") || s.ledger.ran() != 0 {
		t.Errorf("problem %+v", problem)
	}
	pack.Reporting.Formulas[0].Version++
	want[api.CommandAnswer](t, s.post("/v1/regimes", proposal(t, pack)), 200)
}

func TestThePacksOfTheTestNetworkAreProposed(t *testing.T) {
	s := newScene(t)
	want[api.CommandAnswer](t, s.post("/v1/regimes", proposal(t, scenario.Sandbox(), scenario.Reporting())), 200)
	var items []wire.ProposedRegime
	if err := json.Unmarshal(s.ledger.only().Items, &items); err != nil {
		t.Fatal(err)
	}
	if len(items) != 2 || len(items[1].Reporting.Formulas) != len(scenario.Reporting().Reporting.Formulas) {
		t.Errorf("the ledger was sent %+v", items)
	}
}

// Whoever is to approve a pack reads every rule of it, and the digest that an approval names.
func TestAReportingPackIsRead(t *testing.T) {
	s := newScene(t)
	pack := scenario.Reporting().Pack()
	digest, err := wire.PackDigest(pack)
	if err != nil {
		t.Fatal(err)
	}
	s.books.regimes = append(s.books.regimes, projection.Regime{Held: projection.Held[regime.Pack]{ID: pack.ID, State: pack}, Digest: digest})
	read := want[projection.Regime](t, s.get("/v1/regimes/"+pack.ID), 200)
	if again, err := wire.PackDigest(read.State); err != nil || read.Digest != digest || again != digest {
		t.Errorf("the pack reads %+v, %v", read, err)
	}
	listed := want[projection.List[projection.Regime]](t, s.get("/v1/regimes"), 200)
	if again, err := wire.PackDigest(listed.Items[len(listed.Items)-1].State); err != nil || again != digest {
		t.Errorf("the list has %+v, %v", listed.Items, err)
	}
}
