package scorecard_test

import (
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// A model's file is refused, or it scores: an applicant of whom nothing is known, too.
func FuzzParse(f *testing.F) {
	table := village(f)
	card, err := scorecard.Train(table, table.All(), []string{"income", "trade"}, scorecard.DefaultOptions())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file(f, card))
	f.Add([]byte(`{"version": 1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		card, err := scorecard.Parse(text)
		if err != nil {
			return
		}
		record, err := dataset.NewReader(&card.Schema).JSON([]byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		if p := card.Probability(record); !(p >= 0 && p <= 1) {
			t.Fatalf("a chance of %v", p)
		}
		card.Reasons(record, scorecard.Best, 4)
	})
}
