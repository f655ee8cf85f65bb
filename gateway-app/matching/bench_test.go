package matching_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

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
				began := cpuTime()
				for b.Loop() {
					run, _ = matching.Match(book)
				}
				b.ReportMetric(float64(cpuTime()-began)/float64(b.N)/float64(time.Millisecond), "cpu-ms/op")
				most := bound.Of(book)
				b.ReportMetric(100*float64(most-run.Totals.MatchedMinor)/float64(most), "%gap")
				b.ReportMetric(float64(run.Totals.Filled), "filled")
				b.ReportMetric(float64(run.Totals.Repaired), "repaired")
				waited := matching.ByWaiting(book, run)
				b.ReportMetric(float64(waited[0].PlacedPPM)/10_000, "%placed-new")
				b.ReportMetric(float64(waited[len(waited)-1].PlacedPPM)/10_000, "%placed-60d")
			})
		}
	}
}

// cpuTime is what the process has used of all cores, which neighbours on a busy machine do not lengthen.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
