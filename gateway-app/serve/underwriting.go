package serve

import (
	"context"
	"time"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// openUnderwriting opens a platform's desk for applications. Others decide on none.
func (f *foundations) openUnderwriting() {
	if f.profile.Kind != party.Platform || f.customers == nil {
		return
	}
	custodian := ""
	for _, pair := range f.pairs() {
		custodian = pair.Custodian
	}
	f.desk = underwriting.New(f.db, f.vault, f.books, f.customers.People, f.box, underwriting.Settings{
		Member: f.profile.Member, Custodian: custodian, Collections: f.collections(), RulesPath: f.settings.RiskRulesPath, Logger: f.logger,
	})
}

// underwritingTasks anchor what was decided, take up the settings' rules, and look after the models.
func (f *foundations) underwritingTasks() []task {
	if f.desk == nil {
		return nil
	}
	return []task{
		f.alone("anchoring of decisions", func(ctx context.Context) error {
			return f.desk.Anchors().Run(ctx, f.reporting("anchoring of decisions"))
		}),
		f.alone("rules of the settings", func(ctx context.Context) error {
			return f.desk.Registry().WatchRules(ctx, f.reporting("rules of the settings"))
		}),
		f.alone("weekly models and drift", func(ctx context.Context) error {
			return f.desk.Registry().RunWeekly(ctx, nil, f.reporting("weekly models and drift"))
		}),
		f.alone("tidying of applications", f.every(time.Hour, f.desk.Tidy)),
	}
}

// underwritingGauges show what waits for the ledger, and whether the models still know their applicants.
func (f *foundations) underwritingGauges() []api.Gauge {
	if f.desk == nil {
		return nil
	}
	return []api.Gauge{
		{
			Name: "underwriting_unanchored", Help: "Digests of applications, decisions, models and rules that are not on the ledger yet.",
			Value: func(ctx context.Context) (float64, error) {
				count, err := f.desk.Anchors().Unanchored(ctx)
				return float64(count), err
			},
		},
		{
			Name: "underwriting_drift_psi", Help: "The largest population stability index of the last report of drift.",
			Value: f.desk.Registry().LargestPSI,
		},
	}
}
