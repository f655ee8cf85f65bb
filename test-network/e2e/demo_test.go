package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/money"
)

// story is what the demo says of itself in its last line.
type story struct {
	LoansProposed    int            `json:"loans_proposed"`
	LoansRefused     map[string]int `json:"loans_refused"`
	LoansActive      int            `json:"loans_active"`
	LoansRepaid      int            `json:"loans_repaid"`
	LoansWrittenOff  int            `json:"loans_written_off"`
	Receipts         int            `json:"receipts"`
	CollectedMinor   money.Minor    `json:"collected_minor"`
	DistributedMinor money.Minor    `json:"distributed_minor"`
	PaidOutMinor     money.Minor    `json:"paid_out_minor"`
	FeesMinor        money.Minor    `json:"fees_minor"`
	RefundsMinor     money.Minor    `json:"refunds_minor"`
	SuspenseMinor    money.Minor    `json:"suspense_minor"`
	TrialBalance     *money.Minor   `json:"trial_balance_minor"`
	Lenders          int            `json:"lenders"`
	EvidenceEntries  int            `json:"evidence_entries"`
	EvidenceVerified int            `json:"evidence_verified"`
	Blocks           uint64         `json:"blocks"`
	Consensus        string         `json:"consensus"`
	Peers            int            `json:"peers"`
	Consenters       int            `json:"consenters"`
	Books            string         `json:"books"`
}

// The demo plays its story twice on the same network, the second time while every member's gateway app is
// killed again and again. Both times its figures add up: among each other, and with what the auditor here
// saw on the ledger. And both times they are the same.
func TestTheDemoEndsTheSameWhileGatewayAppsAreKilled(t *testing.T) {
	c, _ := openScene(t) // whose books of the custodian the demo finds open
	c.withGateways(t, c.members()...)
	program := build(t, "gateway-app/demo")
	var undisturbed, disturbed story
	t.Run("undisturbed", func(t *testing.T) { undisturbed = toldAndChecked(t, c, program) })
	t.Run("disturbed", func(t *testing.T) {
		killed := c.disturbGateways(t)
		disturbed = toldAndChecked(t, c, program)
		severalTimes(t, killed())
	})
	// A run pays whatever is owed: the first one also what tests before it have left.
	undisturbed.PaidOutMinor = undisturbed.DistributedMinor
	undisturbed.Blocks, disturbed.Blocks = 0, 0
	if want, got := string(asJSON(t, undisturbed)), string(asJSON(t, disturbed)); got != want {
		t.Errorf("disturbed, the story ended with\n%s\nand undisturbed with\n%s", got, want)
	}
}

// toldAndChecked has the demo tell its story, and holds it against the ledger.
func toldAndChecked(t *testing.T, c *consortium, program string) story {
	t.Helper()
	c.checkBooks(t)
	before := c.auditor.summary()
	told := tell(t, c, program)
	c.checkBooks(t)
	after := c.auditor.summary()
	addsUp(t, told)
	if seen := after.CollectedMinor - before.CollectedMinor; told.CollectedMinor != seen {
		t.Errorf("collected %d, the ledger shows %d", told.CollectedMinor, seen)
	}
	if seen := after.PaidOutMinor - before.PaidOutMinor; told.PaidOutMinor != seen || seen < told.DistributedMinor {
		t.Errorf("distributed %d and paid out %d, the ledger shows %d", told.DistributedMinor, told.PaidOutMinor, seen)
	}
	return told
}

func tell(t *testing.T, c *consortium, program string) story {
	t.Helper()
	ended := run(within(t, 4*patience), t, program,
		"--loans", "20", "--months", "4", "--profiles", filepath.Dir(c.net.ProfilePath(authority)))
	if ended.code != 0 {
		t.Fatalf("the demo ended with %d:\n%s", ended.code, ended.errors)
	}
	lines := strings.Split(strings.TrimSpace(ended.output), "\n")
	var told story
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &told); err != nil {
		t.Fatalf("read the demo's last line: %v\n%s", err, ended.output)
	}
	return told
}

func addsUp(t *testing.T, told story) {
	t.Helper()
	if told.Books != "ok" || told.TrialBalance == nil || *told.TrialBalance != 0 {
		t.Errorf("the books are %q, the trial balance %v", told.Books, told.TrialBalance)
	}
	if out := told.DistributedMinor + told.FeesMinor + told.RefundsMinor + told.SuspenseMinor; told.CollectedMinor != out || out == 0 {
		t.Errorf("collected %d and accounted for %d", told.CollectedMinor, out)
	}
	refused := 0
	for _, count := range told.LoansRefused {
		refused += count
	}
	if told.LoansProposed != 20 || told.LoansRefused["rate_above_cap"] == 0 ||
		told.LoansActive+told.LoansRepaid+told.LoansWrittenOff+refused != told.LoansProposed {
		t.Errorf("of %d loans %v were refused, %d are active, %d repaid and %d written off",
			told.LoansProposed, told.LoansRefused, told.LoansActive, told.LoansRepaid, told.LoansWrittenOff)
	}
	if told.EvidenceEntries != told.LoansProposed-refused || told.EvidenceVerified != told.EvidenceEntries {
		t.Errorf("%d agreements are anchored and %d verified", told.EvidenceEntries, told.EvidenceVerified)
	}
	if told.Consensus != "BFT" || told.Peers != 4 || told.Consenters != 4 || told.Blocks == 0 || told.Lenders == 0 || told.Receipts == 0 {
		t.Errorf("the network is told of as %+v", told)
	}
}
