package dataset_test

import (
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

// A schema, a file and an applicant: the feature is computed for both alike.
func Example() {
	schema, err := dataset.ParseSchema([]byte(`{
		"version": 1, "name": "village", "source": "an example", "separator": ",", "header": true,
		"columns": [
			{"name": "income", "kind": "number", "direction": "down"},
			{"name": "debt", "kind": "number", "direction": "up"},
			{"name": "sex", "kind": "category", "protected": true},
			{"name": "late", "kind": "target", "bad": "yes", "good": "no"}],
		"features_version": 1,
		"features": [{"name": "burden", "operation": "ratio", "of": ["debt", "income"], "direction": "up"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := dataset.Load(strings.NewReader("income,debt,sex,late\n100,20,f,no\n50,,m,yes\n"), schema)
	if err != nil {
		fmt.Println(err)
		return
	}
	burden, _ := table.Numbers("burden")
	fmt.Println(burden, table.Bad())
	fmt.Println(schema.Inputs(true))

	applicant, err := dataset.NewReader(schema).JSON([]byte(`{"income": 80, "debt": 20}`))
	fmt.Println(applicant[3].Number, err)
	_, err = dataset.Load(strings.NewReader("income,debt,sex,late\n100,twenty,f,no\n"), schema)
	fmt.Println(err)
	// Output:
	// [0.2 NaN] [false true]
	// [income debt burden]
	// 0.25 <nil>
	// read figures by schema village: line 2, column debt: "twenty" is not a number; leave the cell empty where nothing is known
}
