package dataset_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
)

// small is a schema with one column of every sort.
const small = `{"version": 1, "name": "small", "source": "made up", "separator": ",", "header": true, "missing": ["NA"],
"columns": [
 {"name": "id", "kind": "ignored"},
 {"name": "income", "kind": "number", "least": 0, "most": 1000, "direction": "down"},
 {"name": "debt", "kind": "number"},
 {"name": "home", "kind": "category", "levels": ["own", "rent"]},
 {"name": "work", "kind": "category"},
 {"name": "sex", "kind": "category", "protected": true},
 {"name": "rate", "kind": "number", "price": true, "direction": "up"},
 {"name": "outcome", "kind": "target", "bad": "late", "good": "paid"}],
"features_version": 1,
"features": [
 {"name": "debt_to_income", "operation": "ratio", "of": ["debt", "income"], "direction": "up"},
 {"name": "homework", "operation": "cross", "of": ["home", "work"]},
 {"name": "work_by_sex", "operation": "cross", "of": ["work", "sex"]},
 {"name": "owner", "operation": "scale", "of": ["home"], "values": {"own": 1, "rent": 0}},
 {"name": "cost", "operation": "product", "of": ["rate", "debt"]},
 {"name": "most", "operation": "largest", "of": ["income", "debt"]}]}`

const rows = `id,income,debt,home,work,sex,rate,outcome
1,100,50,own,smith,f,4.5,paid
2,0,NA,rent,,m,9,late
3,,20,,clerk,f,5,paid
`

func parse(t testing.TB, file string) *dataset.Schema {
	t.Helper()
	schema, err := dataset.ParseSchema([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func load(t testing.TB, file string) *dataset.Table {
	t.Helper()
	table, err := dataset.Load(strings.NewReader(file), parse(t, small))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTableHoldsWhatTheFileSays(t *testing.T) {
	table := load(t, rows)
	if table.Rows() != 3 || !slices.Equal(table.Bad(), []bool{false, true, false}) {
		t.Fatalf("%d rows, outcomes %v", table.Rows(), table.Bad())
	}
	income, err := table.Numbers("income")
	if err != nil || income[0] != 100 || income[1] != 0 || income[2] == income[2] {
		t.Errorf("income %v, %v: want 100, 0, missing", income, err)
	}
	home, err := table.Words("home")
	if err != nil || !slices.Equal(home, []string{"own", "rent", ""}) {
		t.Errorf("home %q, %v", home, err)
	}
	if share, err := table.MissingShare("debt"); err != nil || share != 1./3 {
		t.Errorf("a share of %v of debt is missing, %v", share, err)
	}
}

func TestFeaturesAreComputed(t *testing.T) {
	table := load(t, rows)
	want := map[string][]string{
		"debt_to_income": {"0.5", "missing", "missing"}, // no income: nothing to divide by
		"homework":       {"own|smith", "missing", "missing"},
		"owner":          {"1", "0", "missing"},
		"cost":           {"225", "missing", "100"},
		"most":           {"100", "0", "20"}, // of those present
	}
	for name, cells := range want {
		at, _ := table.Schema().Index(name)
		for row, cell := range cells {
			if got := show(table.Record(row)[at], table.Fields()[at].Kind); got != cell {
				t.Errorf("%s of row %d is %s, want %s", name, row, got, cell)
			}
		}
	}
}

func TestEveryOperation(t *testing.T) {
	cases := []struct{ operation, more, a, b, c, want string }{
		{"ratio", "", "3", "4", "", "0.75"},
		{"ratio", "", "3", "0", "", "missing"},
		{"difference", "", "3", "4", "", "-1"},
		{"product", "", "3", "4", "5", "60"},
		{"product", "", "3", "", "5", "missing"},
		{"sum", "", "3", "4", "5", "12"},
		{"mean", "", "3", "4", "5", "4"},
		{"mean", "", "3", "", "5", "4"},
		{"mean", "", "", "", "", "missing"},
		{"largest", "", "3", "", "5", "5"},
		{"smallest", "", "3", "4", "", "3"},
		{"count_above", `, "threshold": 3`, "3", "4", "5", "2"},
	}
	for _, c := range cases {
		of := `["a", "b", "c"]`
		if c.operation == "ratio" || c.operation == "difference" {
			of = `["a", "b"]`
		}
		schema := parse(t, `{"version": 1, "name": "three", "source": "", "separator": ",", "header": true, "columns": [
			{"name": "a", "kind": "number"}, {"name": "b", "kind": "number"}, {"name": "c", "kind": "number"},
			{"name": "y", "kind": "target", "bad": "1", "good": "0"}], "features_version": 1,
			"features": [{"name": "f", "operation": "`+c.operation+`", "of": `+of+c.more+`}]}`)
		table, err := dataset.Load(strings.NewReader("a,b,c,y\n"+c.a+","+c.b+","+c.c+",1\n"), schema)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(table.Record(0)[3], dataset.Number); got != c.want {
			t.Errorf("%s of %q %q %q is %s, want %s", c.operation, c.a, c.b, c.c, got, c.want)
		}
	}
}

func TestProtectionAndPriceAreInherited(t *testing.T) {
	schema := parse(t, small)
	without := []string{"income", "debt", "home", "work", "debt_to_income", "homework", "owner", "most"}
	if got := schema.Inputs(false); !slices.Equal(got, without) {
		t.Errorf("inputs without price %q", got)
	}
	if got := schema.Inputs(true); !slices.Contains(got, "cost") || slices.Contains(got, "work_by_sex") {
		t.Errorf("inputs with price %q", got)
	}
	for _, name := range []string{"sex", "work_by_sex"} {
		var refused dataset.ProtectedError
		if err := schema.CheckInputs([]string{"income", name}); !errors.As(err, &refused) || refused.Field != name {
			t.Errorf("%s as an input: %v", name, err)
		}
		if _, err := dataset.NewEncoding(load(t, rows), []int{0}, []string{name}, 1); !errors.As(err, &refused) {
			t.Errorf("%s encoded: %v", name, err)
		}
		forged := dataset.Encoding{Inputs: []dataset.Input{{Field: name, Level: "f"}}}
		if _, err := dataset.NewEncoder(forged, schema); !errors.As(err, &refused) {
			t.Errorf("%s in a model's file: %v", name, err)
		}
	}
}

func TestFilesAreRefusedWithLineColumnAndRemedy(t *testing.T) {
	header := "id,income,debt,home,work,sex,rate,outcome\n"
	cases := []struct{ name, file, refusal string }{
		{"word for a number", header + "1,1,1,own,x,f,1,paid\n2,much,1,own,x,f,1,paid\n", `line 3, column income: "much" is not a number; leave the cell empty`},
		{"out of range", header + "1,1001,1,own,x,f,1,paid\n", "line 2, column income: 1001 is outside 0 to 1000; correct"},
		{"not finite", header + "1,1,Inf,own,x,f,1,paid\n", "line 2, column debt: the number is not finite; write"},
		{"unknown level", header + "1,1,1,castle,x,f,1,paid\n", `line 2, column home: "castle" is none of the levels ["own" "rent"]; correct`},
		{"unknown outcome", header + "1,1,1,own,x,f,1,\n", `line 2, column outcome: outcome "" is neither "late" (bad) nor "paid" (good)`},
		{"short line", header + "1,1,1\n", "line 2: 3 cells, the file has 8 columns; quote"},
		{"column too many", "id,colour\n1,red\n", "line 1, column colour: the schema has no such column, or it stands there twice; remove"},
		{"column twice", "id,id\n1,1\n", "line 1, column id: the schema has no such column, or it stands there twice"},
		{"column missing", "id,income\n1,1\n", "line 1, column debt: the column is missing; add it"},
		{"no rows", header, "the file has no rows"},
		{"nothing", "", "read the header"},
		{"open quote", header + "1,\"1,1\n", "line 2"},
	}
	for _, c := range cases {
		_, err := dataset.Load(strings.NewReader(c.file), parse(t, small))
		if err == nil || !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s: %v, want %q", c.name, err, c.refusal)
		}
	}
}

func TestAFileWithoutOutcomesCanBeScored(t *testing.T) {
	table := load(t, "id,income,debt,home,work,sex,rate\n1,1,1,own,x,f,1\n")
	if table.Bad() != nil || table.Rows() != 1 {
		t.Errorf("%d rows, outcomes %v", table.Rows(), table.Bad())
	}
}

func TestSchemasAreRefused(t *testing.T) {
	cases := []struct{ name, old, replacement, refusal string }{
		{"version", `"version": 1`, `"version": 2`, "this program reads version 1"},
		{"unknown key", `"source"`, `"colour": 1, "source"`, "unknown field"},
		{"separator", `"separator": ","`, `"separator": ";"`, "separator"},
		{"name twice", `"name": "debt", "kind"`, `"name": "income", "kind"`, "used twice"},
		{"kind", `"kind": "ignored"`, `"kind": "secret"`, "is none of number"},
		{"second target", `"kind": "ignored"`, `"kind": "target", "bad": "1", "good": "0"`, "2 columns are the target"},
		{"one outcome", `"bad": "late"`, `"bad": "paid"`, "two different cells"},
		{"range", `"least": 0`, `"least": 2000`, "least is above most"},
		{"direction", `"direction": "down"`, `"direction": "left"`, "neither up nor down"},
		{"direction of words", `"name": "work", "kind": "category"`, `"name": "work", "kind": "category", "direction": "up"`, "a category has no direction"},
		{"levels of a number", `"name": "debt", "kind": "number"`, `"name": "debt", "kind": "number", "levels": ["1"]`, "only a category has levels"},
		{"features without version", `"features_version": 1`, `"features_version": 0`, "number them from 1"},
		{"operation", `"operation": "ratio"`, `"operation": "power"`, `no operation "power"`},
		{"of later", `["debt", "income"]`, `["debt", "most"]`, "most is no number before it"},
		{"of words", `["debt", "income"]`, `["debt", "home"]`, "home is no number before it"},
		{"of too many", `["debt", "income"]`, `["debt", "income", "rate"]`, "takes 2 to 2"},
		{"feature's name", `"name": "most"`, `"name": "cost"`, "used twice"},
		{"scale without values", `, "values": {"own": 1, "rent": 0}`, ``, "scale needs them"},
		{"a second value", `"operation": "largest", "of": ["income", "debt"]}]}`, `"operation": "largest", "of": ["income", "debt"]}]} {}`, "more than one JSON value"},
	}
	for _, c := range cases {
		changed := strings.Replace(small, c.old, c.replacement, 1)
		if changed == small {
			t.Errorf("%s: %q is not in the schema", c.name, c.old)
		}
		if _, err := dataset.ParseSchema([]byte(changed)); err == nil || !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s: %v, want %q", c.name, err, c.refusal)
		}
	}
}

// The shipped schemas read the figures that they were written for, down to the number of bad rows.
func TestShippedSchemasReadTheirFigures(t *testing.T) {
	cases := []struct {
		name      string
		rows, bad int
		protected []string
	}{
		{"lending_club", 9857, 517, []string{"addr_state"}},
		{"german", 1000, 300, []string{"personal_status_sex", "age_years", "foreign_worker"}},
		{"taiwan", 30000, 6636, []string{"SEX", "MARRIAGE", "AGE"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			schema, err := dataset.Shipped(c.name)
			if err != nil {
				t.Fatal(err)
			}
			var protected []string
			for _, f := range schema.Fields() {
				if f.Protected {
					protected = append(protected, f.Name)
				} else if f.Reason == nil || f.Label == nil || f.Reason.ZH == "" || f.Reason.EN == "" {
					t.Errorf("%s has no words for a borrower", f.Name)
				}
			}
			if !slices.Equal(protected, c.protected) {
				t.Errorf("protected are %q, want %q", protected, c.protected)
			}
			table := figurestest.Table(t, c.name)
			bad := 0
			for _, is := range table.Bad() {
				if is {
					bad++
				}
			}
			if table.Rows() != c.rows || bad != c.bad {
				t.Errorf("%d rows, %d bad; want %d and %d", table.Rows(), bad, c.rows, c.bad)
			}
			recordsEqualRows(t, table)
		})
	}
	if _, err := dataset.Shipped("swiss"); err == nil || !strings.Contains(err.Error(), "german, lending_club, taiwan") {
		t.Errorf("an unknown schema: %v", err)
	}
}

// recordsEqualRows sends every hundredth row through JSON, as an applicant would be.
func recordsEqualRows(t *testing.T, table *dataset.Table) {
	t.Helper()
	reader := dataset.NewReader(table.Schema())
	for row := 0; row < table.Rows(); row += 100 {
		want := table.Record(row)
		got, err := reader.Fields(reader.Object(want))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range table.Fields() {
			if show(got[i], f.Kind) != show(want[i], f.Kind) {
				t.Fatalf("row %d, field %s: %v as a record, %v in the table", row, f.Name, got[i], want[i])
			}
		}
	}
}
