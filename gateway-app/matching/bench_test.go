package matching_test

import (
	"fmt"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/matching/bound"
)

// BenchmarkMatch matches 10,000 mandates with 1,000 loans and reports how far below the maximum flow
// the run stays.
func BenchmarkMatch(b *testing.B) {
	for _, precedence := range []matching.Precedence{matching.FewestOptions, matching.OptionsDoubling, matching.LongestIdle} {
		for _, supply := range []float64{.7, 1, 1.5} {
			b.Run(fmt.Sprintf("%s/supply=%.1f", precedence, supply), func(b *testing.B) {
				book := market(10_000, 1_000, supply, 7)
				book.Policy.Precedence = precedence
				var run matching.Run
				for b.Loop() {
					run, _ = matching.Match(book)
				}
				most := bound.Of(book)
				b.ReportMetric(100*float64(most-run.Totals.MatchedMinor)/float64(most), "%gap")
				b.ReportMetric(float64(run.Totals.Filled), "filled")
				b.ReportMetric(float64(run.Totals.Repaired), "repaired")
			})
		}
	}
}
