package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
)

// story is what the demo says of itself in its last line.
type story struct {
	Decisions        decisions      `json:"decisions"`
	LoansProposed    int            `json:"loans_proposed"`
	LoansRefused     map[string]int `json:"loans_refused"`
	MatchedMinor     money.Minor    `json:"matched_minor"`
	MatchGap         *float64       `json:"match_gap"`
	LoansUnmatched   int            `json:"loans_unmatched"`
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

	Disclosure           string `json:"disclosure"`
	DisclosureIndicators int    `json:"disclosure_indicators"`
	DisclosurePlanted    string `json:"disclosure_planted"`
}

// decisions is what became of the applications.
type decisions struct {
	Approve  int `json:"approve"`
	Refer    int `json:"refer"`
	Refuse   int `json:"refuse"`
	Approved int `json:"referred_and_approved"`
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
	t.Run("recomputed", func(t *testing.T) { recomputed(t, c) })
	t.Run("disturbed", func(t *testing.T) {
		killed := c.disturbGateways(t)
		disturbed = toldAndChecked(t, c, program)
		severalTimes(t, killed())
	})
	// A run pays whatever is owed: the first one also what tests before it have left.
	undisturbed.PaidOutMinor = undisturbed.DistributedMinor
	undisturbed.Blocks, disturbed.Blocks = 0, 0
	// Lenders of the first story who have money left lend in the second one too.
	undisturbed.Lenders, disturbed.Lenders = 0, 0
	if want, got := string(asJSON(t, undisturbed)), string(asJSON(t, disturbed)); got != want {
		t.Errorf("disturbed, the story ended with\n%s\nand undisturbed with\n%s", got, want)
	}
}

// recomputed has the auditor's command compute every decision of the story again, find each on the ledger, and find
// out that one of them was changed or dropped, or that they were given twice.
func recomputed(t *testing.T, c *consortium) {
	tally := build(t, "cli")
	for _, platform := range []string{harbor, lantern} {
		folder := filepath.Join(filepath.Dir(filepath.Dir(c.net.ProfilePath(platform))), "audit", platform)
		export := filepath.Join(folder, "decisions.jsonl")
		replay := func(path string) outcome {
			return run(within(t, patience), t, tally, "risk", "replay", "--profile", c.net.ProfilePath(platform),
				"--models", filepath.Join(folder, "models"), path)
		}
		if said := replay(export); said.code != fault.ExitOK || !strings.Contains(said.output, "every decision, model and rule set is on the ledger") {
			t.Fatalf("the decisions of %s: exit %d\n%s%s", platform, said.code, said.output, said.errors)
		}
		honest, err := os.ReadFile(export)
		if err != nil {
			t.Fatal(err)
		}
		falsified := func(how string, text []byte) {
			forged := filepath.Join(t.TempDir(), "decisions.jsonl")
			if err := os.WriteFile(forged, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if said := replay(forged); bytes.Equal(text, honest) || said.code != fault.ExitVerified {
				t.Errorf("the decisions of %s, %s: exit %d\n%s%s", platform, how, said.code, said.output, said.errors)
			}
		}
		_, dropped, _ := bytes.Cut(honest, []byte("\n"))
		falsified("one of them dropped", dropped)
		falsified("each of them twice", bytes.Repeat(honest, 2))
		changed := bytes.Replace(honest, []byte(`"outcome":"approve"`), []byte(`"outcome":"refuse"`), 1)
		falsified("one of them changed", changed)
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
	d := told.Decisions
	if d.Approve+d.Refer+d.Refuse != 20 || d.Approve == 0 || told.LoansProposed != d.Approve+d.Approved {
		t.Errorf("20 applied, the decisions are %+v, and %d loans were proposed", d, told.LoansProposed)
	}
	if told.LoansRefused["rate_above_cap"] == 0 || told.LoansUnmatched != 0 || told.MatchedMinor == 0 || told.MatchGap == nil ||
		told.LoansActive+told.LoansRepaid+told.LoansWrittenOff+refused != told.LoansProposed {
		t.Errorf("of %d loans %v were refused, %d found no lender, %d are active, %d repaid and %d written off",
			told.LoansProposed, told.LoansRefused, told.LoansUnmatched, told.LoansActive, told.LoansRepaid, told.LoansWrittenOff)
	}
	if told.EvidenceEntries != told.LoansProposed-refused || told.EvidenceVerified != told.EvidenceEntries {
		t.Errorf("%d agreements are anchored and %d verified", told.EvidenceEntries, told.EvidenceVerified)
	}
	if told.Disclosure != "agrees" || told.DisclosurePlanted != "found" || told.DisclosureIndicators < 2*leastIndicators {
		t.Errorf("the disclosures: %s in %d indicators; the false figure was %s", told.Disclosure, told.DisclosureIndicators, told.DisclosurePlanted)
	}
	if told.Consensus != "BFT" || told.Peers != 4 || told.Consenters != 4 || told.Blocks == 0 || told.Lenders == 0 || told.Receipts == 0 {
		t.Errorf("the network is told of as %+v", told)
	}
}

// leastIndicators is how many figures the guidelines name that a platform discloses, fee standards aside.
const leastIndicators = 19
