package projection_test

import (
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// BenchmarkRefusals makes the report of refusals since the beginning over what BenchmarkReportsOfTheCatalogue refuses, without
// the million loans beside it, which the report does not read: it is there to be run often.
func BenchmarkRefusals(b *testing.B) {
	db := storetest.SQLite(b)
	projection.GrowRefused(b, db, lending(), scenarioPack())
	r := reporting.Refusals(reporting.Member{ID: "authority", Kind: party.Regulator}, projection.NewModel(db), outbox.New(db, nil))
	var worked time.Duration
	for b.Loop() {
		before := processorTime(b)
		d, err := r.Run(b.Context(), nil, "")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := report.NewRenderer(nil).Render(d, report.JSON, report.EN); err != nil {
			b.Fatal(err)
		}
		worked = max(worked, processorTime(b)-before)
		if len(d.Tables[0].Rows) == 0 || len(d.Tables[2].Rows) == 0 {
			b.Fatal("the report is empty")
		}
	}
	b.ReportMetric(float64(worked.Milliseconds()), "cpu-ms-longest")
}
