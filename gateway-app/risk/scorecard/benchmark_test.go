package scorecard_test

import (
	"encoding/json"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// Training on the 30,000 rows of Taiwan, all inputs.
func BenchmarkTrain(b *testing.B) {
	table := figurestest.Table(b, "taiwan")
	inputs := table.Schema().Inputs(true)
	for b.Loop() {
		if _, err := scorecard.Train(table, table.All(), inputs, scorecard.DefaultOptions()); err != nil {
			b.Fatal(err)
		}
	}
}

// One decision: the applicant's JSON to features, score, probability and four reasons.
func BenchmarkDecision(b *testing.B) {
	table, card := loans(b)
	reader := dataset.NewReader(&card.Schema)
	applicant, err := json.Marshal(reader.Object(table.Record(0)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		record, err := reader.JSON(applicant)
		if err != nil {
			b.Fatal(err)
		}
		if p := card.Probability(record); p <= 0 || p >= 1 {
			b.Fatal(p)
		}
		card.Reasons(record, scorecard.Mean, 4)
	}
}

// The score alone, of a record that is at hand.
func BenchmarkScore(b *testing.B) {
	table, card := loans(b)
	record := table.Record(0)
	b.ReportAllocs()
	for b.Loop() {
		if card.Score(record) == 0 {
			b.Fatal("no score")
		}
	}
}
