package decision_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

var loans = filepath.Join("..", "..", "demo", "data", "loans.csv")

func table(t testing.TB) *dataset.Table {
	t.Helper()
	schema, err := dataset.Shipped("lending_club")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(loans)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	figures, err := dataset.Load(file, schema)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

// trained is made once: the files are what the test network begins with.
var trained = sync.OnceValues(func() (decision.Models, time.Duration) {
	t := &testing.T{}
	begun := time.Now()
	models, err := decision.TrainDefault(table(t), decision.DefaultOptions())
	if err != nil {
		panic(err)
	}
	return models, time.Since(begun)
})

func engine(t testing.TB) *decision.Engine {
	t.Helper()
	set, err := rules.Compile(rules.TestNetwork())
	if err != nil {
		t.Fatal(err)
	}
	models, _ := trained()
	e, err := models.Engine(set)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var salt = []byte("sixteen bytes, and then some")

// applicant is row's figures as inputs, protected ones and the outcome left out.
func applicant(e *decision.Engine, t *dataset.Table, row int) decision.Inputs {
	reader := dataset.NewReader(e.Schema())
	record := t.Record(row)
	fields := reader.Object(record)
	for _, c := range e.Schema().Columns {
		if c.Protected || c.Price {
			delete(fields, c.Name)
		}
	}
	amount, months := record[0].Number, 36
	if record[1].Word == "term_60" {
		months = 60
	}
	return decision.NewInputs("application-1", money.Minor(amount*100), months, fields, nil)
}

func decide(t testing.TB, e *decision.Engine, in decision.Inputs) decision.Decision {
	t.Helper()
	d, err := e.Decide(in, salt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestProbe(t *testing.T) {
	e, figures := engine(t), table(t)
	_, took := trained()
	t.Log("trained in", took)
	counts, bad, grades, gbad := map[rules.Outcome]int{}, map[rules.Outcome]int{}, map[string]int{}, map[string]int{}
	fired := map[string]int{}
	for row := range figures.Rows() {
		d := decide(t, e, applicant(e, figures, row))
		counts[d.Outcome]++
		grades[d.Grade]++
		if figures.Bad()[row] {
			bad[d.Outcome]++
			gbad[d.Grade]++
		}
		for _, f := range d.Fired {
			fired[f]++
		}
		if row == 0 {
			text, _ := json.MarshalIndent(d, "", " ")
			t.Log(string(text))
		}
	}
	t.Log(counts, bad, grades, gbad, fired)
}

var (
	_ = bytes.Equal
	_ = errors.As
	_ = runtime.GOMAXPROCS
	_ = strings.Contains
	_ = hdrhistogram.New
)
