package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/money"
)

// result is what the demo shows at the end; as JSON it is the last line. Everything in it was counted
// by the re-execution of this run's blocks, or asked of the network; but for the proposals, of which refused ones
// never reach the ledger: those are counted from the answers.
type result struct {
	Decisions        decisions      `json:"decisions"`
	LoansProposed    int            `json:"loans_proposed"`
	LoansRefused     map[string]int `json:"loans_refused"`
	MatchedMinor     money.Minor    `json:"matched_minor"`
	MatchGap         float64        `json:"match_gap"` // what is missing to the most that could be matched, of that
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
	TrialBalance     money.Minor    `json:"trial_balance_minor"`
	Lenders          int            `json:"lenders"`
	EvidenceEntries  int            `json:"evidence_entries"`
	EvidenceVerified int            `json:"evidence_verified"`
	Blocks           uint64         `json:"blocks"`
	Consensus        string         `json:"consensus"`
	Peers            int            `json:"peers"`
	Consenters       int            `json:"consenters"`
	Books            string         `json:"books"`

	Disclosure           string `json:"disclosure"`            // "agrees" when platforms, regulator and blocks say the same
	DisclosureIndicators int    `json:"disclosure_indicators"` // that were compared
	DisclosurePlanted    string `json:"disclosure_planted"`    // "found" when the regulator named the false figure
}

// decisions counts what the platforms' programs said of the applications, before any person judged.
type decisions struct {
	Approve int `json:"approve"`
	Refer   int `json:"refer"`
	Refuse  int `json:"refuse"`
	// Approved counts the referred ones that an officer of risk approved.
	Approved int `json:"referred_and_approved"`
}

func (d *decisions) add(one decided) {
	switch one.Outcome {
	case "approve":
		d.Approve++
	case "refuse":
		d.Refuse++
	default:
		d.Refer++
		if one.approved() {
			d.Approved++
		}
	}
}

// newResult is what this run added. The books are ok when every block was re-executed without a finding,
// without which nobody gets here, the trial balance is zero, and what came in went out: collected =
// distributed + fees + refunds + suspense.
func newResult(all []*book, before, after books.Summary) *result {
	r := &result{
		LoansRefused: map[string]int{},
		LoansActive:  after.LoansActive - before.LoansActive, LoansRepaid: after.LoansRepaid - before.LoansRepaid,
		LoansWrittenOff: after.LoansWrittenOff - before.LoansWrittenOff, Receipts: after.Receipts - before.Receipts,
		CollectedMinor:   after.CollectedMinor - before.CollectedMinor,
		DistributedMinor: after.DistributedMinor - before.DistributedMinor,
		PaidOutMinor:     after.PaidOutMinor - before.PaidOutMinor, FeesMinor: after.FeesMinor - before.FeesMinor,
		RefundsMinor: after.RefundsMinor - before.RefundsMinor, SuspenseMinor: after.SuspenseMinor - before.SuspenseMinor,
		TrialBalance: after.TrialBalance, Lenders: after.Lenders - before.Lenders, Books: "broken",
	}
	r.count(all)
	out := after.DistributedMinor + after.FeesMinor + after.RefundsMinor + after.SuspenseMinor
	if r.TrialBalance == 0 && after.CollectedMinor == out {
		r.Books = "ok"
	}
	return r
}

// count takes in what the platforms were told about their own applications and loans.
func (r *result) count(all []*book) {
	var placed, bound money.Minor
	for _, b := range all {
		for _, l := range b.loans {
			r.Decisions.add(l.decision)
			switch {
			case !l.decision.approved():
				continue
			case l.refused != nil:
				r.LoansRefused[string(l.refused.Code)]++
			case l.unmatched:
				r.LoansUnmatched++
			}
			r.LoansProposed++
		}
		r.MatchedMinor += b.matched
		placed, bound = placed+b.placed, bound+b.bound
	}
	if bound > 0 {
		r.MatchGap = float64(bound-placed) / float64(bound)
	}
}

// print shows the result as a table that people read.
func (r *result) print(w io.Writer, took time.Duration) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleRounded)
	t.Style().Options.SeparateRows = false
	t.SetTitle("What the ledger says")
	yuan := func(m money.Minor) string { return "CNY " + money.CNY.Format(m) }
	t.AppendRows([]table.Row{
		{"Applications: approved", r.Decisions.Approve},
		{"  referred to a person", r.Decisions.Refer},
		{"    who approved", r.Decisions.Approved},
		{"  refused", r.Decisions.Refuse},
		{"Loans proposed", r.LoansProposed},
	})
	for _, code := range slices.Sorted(maps.Keys(r.LoansRefused)) {
		t.AppendRow(table.Row{"  refused: " + code, r.LoansRefused[code]})
	}
	t.AppendRows([]table.Row{
		{"  without lenders", r.LoansUnmatched},
		{"Matched with lenders", fmt.Sprintf("%s, %.2f %% below the bound", yuan(r.MatchedMinor), 100*r.MatchGap)},
		{"  active", r.LoansActive},
		{"  repaid", r.LoansRepaid},
		{"  written off", r.LoansWrittenOff},
		{"Receipts from borrowers", r.Receipts},
		{"  collected", yuan(r.CollectedMinor)},
		{fmt.Sprintf("  distributed to %d lenders", r.Lenders), yuan(r.DistributedMinor)},
		{"  fees of platforms and custodian", yuan(r.FeesMinor)},
		{"  paid too much, refunded", yuan(r.RefundsMinor)},
		{"  still in suspense", yuan(r.SuspenseMinor)},
		{"Paid out to lenders", yuan(r.PaidOutMinor)},
		{"Trial balance", yuan(r.TrialBalance)},
		{"Agreements anchored / verified", fmt.Sprintf("%d / %d", r.EvidenceEntries, r.EvidenceVerified)},
		{"Blocks", r.Blocks},
		{"Network", fmt.Sprintf("%d peers, %d consenters, %s", r.Peers, r.Consenters, r.Consensus)},
		{"Books", r.Books},
		{"Last month's disclosures", fmt.Sprintf("%s in %d indicators", r.Disclosure, r.DisclosureIndicators)},
		{"  a false figure", r.DisclosurePlanted},
		{"Took", took.Round(100 * time.Millisecond)},
	})
	t.Render()
}
