package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
)

// A pack for reports is shown with every rule, its thresholds and where it comes from, and without figures for loans.
func TestAPackForReportsIsShown(t *testing.T) {
	p := regime.Pack{
		ID: "reporting-2016", Title: "Reporting", Source: "for tests", EffectiveFrom: calendar.NewDate(2016, 1, 1), AppliesTo: regime.Reports,
		Reporting: &regime.Reporting{
			Formulas: []regime.Formula{{Unit: regime.UnitCount, Rule: regime.Rule{
				ID: "overdue_90_loans", Version: 2, Words: regime.Words{EN: "overdue for long", ZH: "逾期90天以上笔数"},
				Figures: []regime.Figure{{Name: "days", Value: 90}}, Expression: "overdue_count(\n  days)", Source: "guidelines",
			}}},
			Alerts: []regime.Alert{{Severity: regime.SeverityHigh, Rule: regime.Rule{ID: "large", Version: 1, Expression: "amount_minor > 1"}}},
		},
		Proposer: "authority", Approvals: []regime.Approval{{Member: "meridian", Kind: party.Custodian}},
	}
	var out bytes.Buffer
	s := &session{out: &out}
	if err := s.print(p, packSheets(p)...); err != nil {
		t.Fatal(err)
	}
	shown := out.String()
	for _, want := range []string{
		"reporting-2016", "applies to", "proposed", "meridian", "formulas", "overdue_90_loans", "逾期90天以上笔数", "overdue_count( days)",
		"days = 90", "guidelines", "alerts", "high", "warnings\nnone",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("nothing is said of %q in\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "rate cap") || rateCap(p) != "" {
		t.Errorf("a pack for reports shows a rate cap:\n%s", shown)
	}
	p.AppliesTo, p.Reporting = regime.NewLoans, nil
	if sheets := packSheets(p); len(sheets) != 2 || rateCap(p) == "" {
		t.Errorf("a pack for loans is shown in %d sheets", len(sheets))
	}
}
