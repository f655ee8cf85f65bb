package decision_test

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tallystick/tallystick/gateway-app/risk/decision"
)

// slowest is what one decision in a hundred may take at most: the project's target in process.
const slowest = 5 * time.Millisecond

// BenchmarkDecide decides applications of the shipped loans, one after the other, canonical bytes and digest
// included, and fails where the 99th percentile is above the target.
func BenchmarkDecide(b *testing.B) {
	e, figures := engine(b), table(b)
	var list []decision.Inputs
	for row := 0; row < figures.Rows(); row += 11 {
		list = append(list, applicant(e.Schema(), figures, row))
	}
	took := hdrhistogram.New(1, int64(time.Minute), 3)
	i := 0
	for b.Loop() {
		begun := time.Now()
		d, err := e.Decide(list[i%len(list)], salt)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Digest(); err != nil {
			b.Fatal(err)
		}
		if err := took.RecordValue(int64(time.Since(begun))); err != nil {
			b.Fatal(err)
		}
		i++
	}
	p50, p99 := time.Duration(took.ValueAtQuantile(50)), time.Duration(took.ValueAtQuantile(99))
	b.Logf("%d decisions: p50 %v, p99 %v, longest %v", i, p50, p99, time.Duration(took.Max()))
	b.ReportMetric(float64(p50.Microseconds()), "p50-µs")
	b.ReportMetric(float64(p99.Microseconds()), "p99-µs")
	if p99 > slowest {
		b.Errorf("p99 is %v over %d decisions, want at most %v", p99, i, slowest)
	}
}

// BenchmarkTrainDefault trains both models on all loans that ship with the project.
func BenchmarkTrainDefault(b *testing.B) {
	figures := table(b)
	for b.Loop() {
		if _, err := decision.TrainDefault(figures, decision.DefaultOptions()); err != nil {
			b.Fatal(err)
		}
	}
}
