package serve

import (
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// Each kind of member has its reports in the app as it is put together, and every report that policies know is somebody's.
func TestEveryReportOfTheOperationListIsSomebodys(t *testing.T) {
	wanted := map[party.MemberKind]string{
		party.Platform:  "borrower_statement cap_usage disclosure lender_statement portfolio refusals warnings",
		party.Custodian: "alerts borrower_statement disclosure lender_statement portfolio refusals",
		party.Regulator: "cap_usage disclosure portfolio reconciliation refusals submissions",
	}
	made := map[string]bool{}
	for kind, want := range wanted {
		f := &foundations{profile: ledger.Profile{Member: "m", Kind: kind}}
		f.openAlerts()
		if kind == party.Platform {
			f.warnings = new(warning.Watch)
		}
		var ids []string
		for _, r := range f.catalogue().Reports() {
			ids = append(ids, r.ID)
			made["report."+r.ID] = true
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("a %s reports %s, want %s", kind, got, want)
		}
	}
	for _, o := range access.Operations() {
		if o.Noun() == "report" && o.ID != "report.list" && !made[o.ID] {
			t.Errorf("%s is nobody's", o.ID)
		}
	}
	yes := true
	asked := &foundations{profile: ledger.Profile{Member: "m", Kind: party.Platform}, settings: Settings{TransactionAlerts: &yes}}
	asked.openAlerts()
	if _, has := asked.catalogue().Find("alerts"); !has || !slices.Contains(access.OperationIDs(), "report.alerts") {
		t.Error("a platform that watches has no report of its alerts")
	}
}
