package serve

import (
	"context"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// openWarnings makes the watch over a platform's loans, unless its settings say otherwise. Others lend nothing.
func (f *foundations) openWarnings() {
	if asked := f.settings.LoanWarnings; f.profile.Kind != party.Platform || asked != nil && !*asked {
		return
	}
	settings := warning.Settings{
		Platform: f.profile.Member, Eligible: f.officer([]access.Role{access.RiskOfficer}), Logger: f.logger,
	}
	for _, pair := range f.pairs() {
		if pair.Platform == f.profile.Member {
			settings.Custodians = append(settings.Custodians, pair.Custodian)
		}
	}
	var decisions warning.Decisions
	if f.desk != nil {
		decisions = f.desk
	}
	f.warnings = warning.New(f.db, f.books, decisions, f.notices, f.box, settings)
}

// warningTasks refresh loans. One process does at a time.
func (f *foundations) warningTasks() []task {
	if f.warnings == nil {
		return nil
	}
	return []task{f.alone("early warnings", func(ctx context.Context) error {
		return f.warnings.Run(ctx, f.reporting("early warnings"))
	})}
}

// warningGauges show warnings that somebody still has to look at.
func (f *foundations) warningGauges() []api.Gauge {
	if f.warnings == nil {
		return nil
	}
	return []api.Gauge{{
		Name: "warnings_open", Help: "Early warnings of loans without an outcome.",
		Value: func(ctx context.Context) (float64, error) {
			count, err := f.warnings.Unclosed(ctx)
			return float64(count), err
		},
	}}
}

// warningReports are the report of a watch, where there is one.
func (f *foundations) warningReports(m reporting.Member) []reporting.Report {
	if f.warnings == nil {
		return nil
	}
	return []reporting.Report{reporting.Warnings(m, f.books, f.warnings)}
}
