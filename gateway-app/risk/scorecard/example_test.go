package scorecard_test

import (
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// From figures to a decision that can be added up by hand.
func Example() {
	schema, err := dataset.ParseSchema([]byte(`{
		"version": 1, "name": "village", "source": "an example", "separator": ",", "header": true,
		"columns": [
			{"name": "income", "kind": "number", "direction": "down",
			 "reason": {"code": "income", "zh": "收入相对较低", "en": "the income is low"}},
			{"name": "trade", "kind": "category",
			 "reason": {"code": "trade", "zh": "行业风险较高", "en": "the trade goes with a higher risk"}},
			{"name": "late", "kind": "target", "bad": "yes", "good": "no"}],
		"features_version": 0}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	figures := "income,trade,late\n" +
		strings.Repeat("10,smith,yes\n", 30) + strings.Repeat("10,smith,no\n", 70) +
		strings.Repeat("20,smith,yes\n", 15) + strings.Repeat("20,smith,no\n", 85) +
		strings.Repeat("10,baker,yes\n", 15) + strings.Repeat("10,baker,no\n", 85) +
		strings.Repeat("20,baker,yes\n", 5) + strings.Repeat("20,baker,no\n", 95)
	table, err := dataset.Load(strings.NewReader(figures), schema)
	if err != nil {
		fmt.Println(err)
		return
	}
	card, err := scorecard.Train(table, table.All(), schema.Inputs(false), scorecard.DefaultOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	applicant, err := dataset.NewReader(schema).JSON([]byte(`{"income": 9, "trade": "baker"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("base %d\n", card.BasePoints)
	for _, part := range card.Explain(applicant) {
		fmt.Printf("%s %+d\n", part.Field, part.Points)
	}
	fmt.Printf("score %d, chance of a bad outcome %.3f\n", card.Score(applicant), card.Probability(applicant))
	for _, cost := range card.Reasons(applicant, scorecard.Best, 2) {
		fmt.Printf("%s / %s: %.0f points\n", cost.Reason.EN, cost.Reason.ZH, cost.Points)
	}
	// Output:
	// base 500
	// income -13
	// trade +16
	// score 503, chance of a bad outcome 0.161
	// the income is low / 收入相对较低: 29 points
}
