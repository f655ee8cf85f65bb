package challenger_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/challenger"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

const schemaFile = `{"version": 1, "name": "village", "source": "made up", "separator": ",", "header": true, "columns": [
	{"name": "debt", "kind": "number", "direction": "up"},
	{"name": "trade", "kind": "category", "levels": ["smith", "baker"]},
	{"name": "years", "kind": "number", "protected": true, "bands": [30]},
	{"name": "outcome", "kind": "target", "bad": "1", "good": "0"}]}`

// village is two hundred people: debt makes them fail, bakers a little less, and every tenth debt is not known.
func village(t testing.TB) *dataset.Table {
	t.Helper()
	schema, err := dataset.ParseSchema([]byte(schemaFile))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("debt,trade,years,outcome\n")
	for i := range 200 {
		trade, bad, debt := "smith", 0, fmt.Sprint(i*37%100)
		if i%2 == 0 {
			trade = "baker"
		}
		if i*37%100+i%2*10+i%7*4 > 70 {
			bad = 1
		}
		if i%10 == 0 {
			debt = ""
		}
		fmt.Fprintf(&b, "%s,%s,%d,%d\n", debt, trade, 20+i%50, bad)
	}
	table, err := dataset.Load(strings.NewReader(b.String()), schema)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func trained(t testing.TB) (*challenger.Model, *dataset.Table) {
	t.Helper()
	figures := village(t)
	o := challenger.OptionsFor(figures.Rows())
	o.Boosting.Rounds = 30
	m, err := challenger.Train(figures, figures.All(), figures.Schema().Inputs(false), o)
	if err != nil {
		t.Fatal(err)
	}
	return m, figures
}

func TestBaseAndPartsAreTheLogOddsOfTheProbability(t *testing.T) {
	m, figures := trained(t)
	for row := range figures.Rows() {
		record := figures.Record(row)
		sum, parts := m.Explain(record)
		for i, p := range parts {
			sum += p.MarginPPM
			if i > 0 && math.Abs(float64(p.MarginPPM)) > math.Abs(float64(parts[i-1].MarginPPM)) {
				t.Fatalf("row %d: %v does not begin with what moved the margin most", row, parts)
			}
		}
		chance := m.Probability(record)
		if want := math.Log(chance/(1-chance)) * 1e6; math.Abs(float64(sum)-want) > float64(len(parts)+1) {
			t.Errorf("row %d: base and parts are %d millionths, the log-odds %.1f", row, sum, want)
		}
	}
}

func TestFileReadsBackToTheByte(t *testing.T) {
	m, figures := trained(t)
	file, err := m.File()
	if err != nil {
		t.Fatal(err)
	}
	read, err := challenger.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := read.File(); err != nil || !bytes.Equal(file, again) {
		t.Errorf("a file that was read writes other bytes (%v)", err)
	}
	for row := range figures.Rows() {
		if a, b := m.Probability(figures.Record(row)), read.Probability(figures.Record(row)); a != b {
			t.Fatalf("row %d: %v before, %v after", row, a, b)
		}
	}
}

func TestProtectedFieldsComeInNeitherByTrainingNorByFile(t *testing.T) {
	m, figures := trained(t)
	var protected dataset.ProtectedError
	_, err := challenger.Train(figures, figures.All(), []string{"debt", "years"}, challenger.DefaultOptions())
	if !errors.As(err, &protected) || protected.Field != "years" {
		t.Errorf("training on a protected field: got %v, want a ProtectedError", err)
	}
	file, err := m.File()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, fresh, refusal string }{
		{`{"field":"debt"`, `{"field":"years"`, "is protected"},
		{`{"name":"years","kind":"number","protected":true`, `{"name":"客户年龄","kind":"number"`, "field 客户年龄 is named after what is protected"},
		{`"kind":"challenger"`, `"kind":"other"`, `kind "other"`},
		{`"name":"debt","monotone":1`, `"name":"debt","monotone":0`, "not the forest's"},
		{`"schema":{"version":1`, `"schema":{"version":7`, "version is 7"},
		{`{"kind":"challenger"`, `{"more":1,"kind":"challenger"`, "unknown field"},
		{`"separator":","`, `"separator":";"`, "separator"},
		{`"field":"trade","level":"baker"`, `"field":"trade"`, "does not fit"},
	} {
		changed := strings.Replace(string(file), c.old, c.fresh, 1)
		if changed == string(file) {
			t.Errorf("the file has no %s", c.old)
			continue
		}
		if _, err := challenger.Parse([]byte(changed)); err == nil || !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s changed: got %v, want %q", c.old, err, c.refusal)
		}
	}
}

func TestFiguresWithoutOutcomesTrainNothing(t *testing.T) {
	figures := village(t)
	bare, err := dataset.Load(strings.NewReader("debt,trade,years\n1,smith,30\n"), figures.Schema())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := challenger.Train(bare, bare.All(), []string{"debt"}, challenger.DefaultOptions()); err == nil {
		t.Error("a model was trained without outcomes")
	}
}
