package warning_test

import (
	"context"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// BenchmarkRefresh measures turns over loans that are past due: derived, weighed, held against the shipped rules, and
// written. What the read model takes to read a loan comes on top.
func BenchmarkRefresh(b *testing.B) {
	storetest.EachBenchmark(b, func(b *testing.B, db *store.DB) {
		const loans = 500
		w := newTower(b, db)
		for n := range loans {
			w.books.lend(n)
		}
		w.catchUp()
		day := lentOn.AddMonths(1).AddDays(1)
		b.ResetTimer()
		refreshed := 0
		for b.Loop() {
			day = day.AddDays(1)
			w.books.open(day)
			if _, err := w.Turn(context.Background()); err != nil {
				b.Fatal(err)
			}
			refreshed += loans
		}
		b.ReportMetric(float64(refreshed)/b.Elapsed().Seconds(), "loans/s")
	})
}
