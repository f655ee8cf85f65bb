package serve

import (
	"slices"

	"github.com/tallystick/tallystick/gateway-app/reporting"
)

// catalogue is what the member's app reports.
func (f *foundations) catalogue() *reporting.Catalogue {
	m := reporting.Member{ID: f.profile.Member, Kind: f.profile.Kind, Pairs: f.pairs()}
	var statements reporting.Statements
	var duties reporting.Duties
	if f.submissions != nil && f.submissions.Regulator != nil {
		statements, duties = f.submissions.Regulator, f.submissions.Regulator
	}
	return reporting.New(m.Kind, append(slices.Concat(f.warningReports(m), f.alertReports(m)),
		reporting.Disclosure(m, f.books, statements),
		reporting.Portfolio(m, f.books),
		reporting.CapUsage(m, f.books),
		reporting.Refusals(m, f.books, f.box),
		reporting.Reconciliation(m, f.books, statements),
		reporting.Submissions(m, duties),
		reporting.LenderStatement(m, f.books),
		reporting.BorrowerStatement(m, f.books),
	)...)
}
