package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func newRegimeShow(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "show REGIME",
		Short: "Show a regime pack with every figure and rule in it",
		Args:  arguments("REGIME"),
		RunE: func(command *cobra.Command, args []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				packs, err := s.packs(ctx, c)
				if err != nil {
					return err
				}
				for _, p := range packs {
					if p.ID == args[0] {
						return s.print(p, packSheets(p)...)
					}
				}
				return fmt.Errorf("find regime %s: nobody has proposed it: see tally regime list", args[0])
			})
		},
	}
}

// packSheets are a pack of either kind: figures for loans, or rules for reports.
func packSheets(p regime.Pack) []sheet {
	if p.Reporting == nil {
		return []sheet{packFacts(p), approvals(p)}
	}
	r := p.Reporting
	return []sheet{
		facts("", packHead(p)...), approvals(p),
		ruleSheet("formulas", "unit", r.Formulas, func(f regime.Formula) (regime.Rule, string) { return f.Rule, f.Unit }),
		ruleSheet("validations", "of", r.Validations, func(v regime.Validation) (regime.Rule, string) { return v.Rule, v.Report + " " + v.Scope }),
		ruleSheet("alerts", "severity", r.Alerts, func(a regime.Alert) (regime.Rule, string) { return a.Rule, a.Severity }),
		ruleSheet("warnings", "severity", r.Warnings, func(w regime.Warning) (regime.Rule, string) { return w.Rule, w.Severity }),
		ruleSheet("deadlines", "of", r.Deadlines, func(d regime.Deadline) (regime.Rule, string) { return d.Rule, d.Report }),
	}
}

// ruleSheet lists rules with their expressions, and what only their kind has.
func ruleSheet[T any](title, more string, rules []T, of func(T) (regime.Rule, string)) sheet {
	t := sheet{title: title, columns: []string{"rule", "version", "english", "chinese", more, "expression", "figures", "source"}, numbers: []string{"version"}}
	for _, each := range rules {
		r, kind := of(each)
		var figures []string
		for _, f := range r.Figures {
			figures = append(figures, fmt.Sprintf("%s = %d", f.Name, f.Value))
		}
		expression := strings.Join(strings.Fields(r.Expression), " ") // one line of the sheet
		t.add(r.ID, fmt.Sprint(r.Version), r.Words.EN, r.Words.ZH, kind, expression, strings.Join(figures, ", "), r.Source)
	}
	return t
}

// packHead is what packs of both kinds have.
func packHead(p regime.Pack) []string {
	return []string{
		"regime", p.ID, "title", p.Title, "source", p.Source, "status", adoption(p), "proposed by", p.Proposer,
		"effective from", date(p.EffectiveFrom), "until", date(p.Until), "applies to", p.AppliesTo,
	}
}

func packFacts(p regime.Pack) sheet {
	r := p.Rules
	amount := r.Currency.Format
	var order []string
	for _, component := range r.Allocation {
		order = append(order, string(component))
	}
	return facts("", append(packHead(p), "currency", string(r.Currency),
		"rate cap", percent(r.RateCapPPM), "penalty cap", percent(r.PenaltyCapPPM),
		"natural persons, a platform", amount(r.Natural.PlatformMinor),
		"natural persons, all platforms", amount(r.Natural.NetworkMinor),
		"legal persons, a platform", amount(r.Legal.PlatformMinor),
		"legal persons, all platforms", amount(r.Legal.NetworkMinor),
		"level of identification", fmt.Sprint(r.MinKYCLevel),
		"principal", amount(r.MinPrincipal)+" to "+amount(r.MaxPrincipal),
		"instalments", fmt.Sprintf("at most %d", r.MaxInstalments),
		"methods", strings.Join(r.Methods, ", "), "allocation", strings.Join(order, ", "),
		"clearance stands", fmt.Sprintf("%d days", r.ClearanceDays), "funding takes", fmt.Sprintf("%d days", r.FundingDays),
		"value dates reach back", fmt.Sprintf("%d days", r.BackdatingDays), "written off after", fmt.Sprintf("%d days", r.WriteOffDays),
		"takes a second person", strings.Join(r.FourEyes, ", "),
		"bank holidays", fmt.Sprint(len(r.Holidays)), "working weekends", fmt.Sprint(len(r.WorkingWeekends)),
	)...)
}

func approvals(p regime.Pack) sheet {
	t := sheet{title: "approvals", columns: []string{"member", "kind", "on"}}
	for _, a := range p.Approvals {
		t.add(a.Member, string(a.Kind), date(a.On))
	}
	return t
}
