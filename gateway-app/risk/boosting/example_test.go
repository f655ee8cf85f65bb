package boosting_test

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/tallystick/tallystick/gateway-app/risk/boosting"
)

// Eight applicants in ten with more than 40 % of their income in debts went bad, two in ten of the others.
// More debts must never look better.
func Example() {
	matrix := boosting.Matrix{
		Names: []string{"debt_ratio", "years_employed"}, Columns: make([][]float64, 2), Monotone: []int{1, 0},
	}
	var bad []bool
	var rows []int
	for i := range 400 {
		ratio, years := float64(i%80)/100, float64(i%7)
		if i%9 == 0 {
			years = math.NaN() // not said
		}
		matrix.Columns[0] = append(matrix.Columns[0], ratio)
		matrix.Columns[1] = append(matrix.Columns[1], years)
		bad = append(bad, (i/80+i)%5 == 0 != (ratio > .4))
		rows = append(rows, i)
	}
	options := boosting.Standard()
	options.Rounds, options.MaxDepth, options.MinChildWeight = 100, 2, 10
	forest, err := boosting.Train(matrix, bad, rows, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, applicant := range [][]float64{{.10, 3}, {.60, 3}, {.60, math.NaN()}} {
		base, parts := forest.Contributions(applicant)
		fmt.Printf("%.1f probability %.2f, margin %.2f = %.2f + %.2f + %.2f\n", applicant,
			forest.Probability(applicant), forest.Margin(applicant), base, parts[0], parts[1])
	}
	text, err := json.Marshal(forest)
	fmt.Printf("%.44s %v\n", text, err)
	// Output:
	// [0.1 3.0] probability 0.25, margin -1.11 = -0.03 + -1.21 + 0.13
	// [0.6 3.0] probability 0.79, margin 1.30 = -0.03 + 1.20 + 0.13
	// [0.6 NaN] probability 0.76, margin 1.13 = -0.03 + 1.20 + -0.04
	// {"kind":"boosted_trees","version":1,"columns <nil>
}
