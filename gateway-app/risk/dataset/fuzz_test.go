package dataset_test

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

// Whatever a file or an applicant holds, it is read or refused, and what was read can be sent on.
func FuzzReading(f *testing.F) {
	f.Add(rows, `{"income": 5, "home": "own"}`)
	f.Add("income,debt\n1,2\n", `{"income": 1e999}`)
	f.Add("\ufeffid,income,debt,home,work,sex,rate,outcome\n,,,,,,,paid\n", `{"rate": -0.0}`)
	schema, err := dataset.ParseSchema([]byte(small))
	if err != nil {
		f.Fatal(err)
	}
	reader := dataset.NewReader(schema)
	f.Fuzz(func(t *testing.T, file, applicant string) {
		if table, err := dataset.Load(strings.NewReader(file), schema); err == nil {
			for _, row := range table.All() {
				if _, err := reader.Fields(reader.Object(table.Record(row))); err != nil {
					t.Fatalf("row %d was read from a file, and not as an applicant: %v", row, err)
				}
			}
		}
		if record, err := reader.JSON([]byte(applicant)); err == nil && len(record) != len(schema.Fields()) {
			t.Fatalf("a record of %d values", len(record))
		}
	})
}
