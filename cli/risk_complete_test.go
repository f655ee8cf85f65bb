package main

import (
	"math"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func anchoredAs(digest string, phase evidence.Phase, media string, block uint64) anchoredEntry {
	return anchoredEntry{evidence.Entry{Digest: digest, Phase: phase, MediaType: media}, ledger.Change{Block: block}}
}

// Two platforms' logs: harbor's with two decisions and what else is anchored under their phase, lantern's with one.
func twoLogs() memberLogs {
	const phase = evidence.PhaseDecision
	return memberLogs{
		{member: "harbor", entries: []anchoredEntry{
			anchoredAs("card", evidence.PhaseModel, "application/json", 1),
			anchoredAs("first", phase, evidence.DecisionMedia, 2),
			anchoredAs("review", phase, evidence.ReviewMedia, 3),
			anchoredAs("run", phase, evidence.MatchingRunMedia, 4),
			anchoredAs("second", phase, evidence.DecisionMedia, 5),
			anchoredAs("applied", evidence.PhaseApplication, "application/json", 5),
		}},
		{member: "lantern", entries: []anchoredEntry{anchoredAs("other", phase, evidence.DecisionMedia, 6)}},
	}
}

func decisionsOf(digests ...string) []toFind {
	wanted := []toFind{{"card", evidence.PhaseModel, "the scorecard"}}
	for _, digest := range digests {
		wanted = append(wanted, toFind{digest, evidence.PhaseDecision, "the decision " + digest})
	}
	return wanted
}

func TestARiskExportMustBeWhole(t *testing.T) {
	const newest = math.MaxUint64
	for name, c := range map[string]struct {
		asked   completeness
		wanted  []toFind
		member  string
		missing string
		refused string
	}{
		"whole":                  {completeness{until: newest}, decisionsOf("first", "second"), "harbor", "", ""},
		"of the other":           {completeness{until: newest}, decisionsOf("other"), "lantern", "", ""},
		"one dropped":            {completeness{until: newest}, decisionsOf("first"), "", "", "1 decisions in the log of harbor are not in the export (0 may be missing): second"},
		"one granted":            {completeness{until: newest, allowed: 1}, decisionsOf("first"), "harbor", "second", ""},
		"exported before":        {completeness{until: 4}, decisionsOf("first"), "harbor", "", ""},
		"dropped before":         {completeness{until: 4}, decisionsOf("second"), "", "", "export (0 may be missing): first"},
		"invented":               {completeness{until: newest}, decisionsOf("first", "made up"), "", "", "made up, is in nobody's log"},
		"anchored as another":    {completeness{until: newest}, decisionsOf("first", "second", "review"), "", "", "review, is in nobody's log"},
		"of two members":         {completeness{until: newest}, decisionsOf("first", "other"), "", "", "of several members"},
		"said to be another's":   {completeness{until: newest, member: "lantern"}, decisionsOf("first", "second"), "", "", "log of lantern does not hold every"},
		"said to be the owner's": {completeness{until: newest, member: "harbor"}, decisionsOf("first", "second"), "harbor", "", ""},
	} {
		found, err := c.asked.compare(twoLogs(), c.wanted)
		if c.refused != "" {
			if err == nil || exitCode(err) != fault.ExitVerified || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || found.Member != c.member || strings.Join(found.Missing, " ") != c.missing {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

// Whoever copies a decision's digest into a log of its own does not choose whose log is compared.
func TestDecisionsInTwoLogsWantTheMembersName(t *testing.T) {
	logs := twoLogs()
	logs[1].entries = append(logs[1].entries, logs[0].entries[1])
	if _, err := (completeness{until: math.MaxUint64}).compare(logs, decisionsOf("first")); err == nil || !strings.Contains(err.Error(), "say with --member") {
		t.Errorf("without a name: %v", err)
	}
	_, err := completeness{until: math.MaxUint64, member: "harbor"}.compare(logs, decisionsOf("first"))
	if err == nil || !strings.HasSuffix(err.Error(), "missing): second") {
		t.Errorf("with a name: %v", err)
	}
}
