package scorecard_test

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

var update = flag.Bool("update", false, "write the golden files anew")

// loans trains on the shipped figures without the platform's price.
func loans(t testing.TB) (*dataset.Table, *scorecard.Scorecard) {
	t.Helper()
	table := figurestest.Table(t, "lending_club")
	card, err := scorecard.Train(table, table.All(), table.Schema().Inputs(false), scorecard.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	return table, card
}

func file(t testing.TB, card *scorecard.Scorecard) []byte {
	t.Helper()
	written, err := card.File()
	if err != nil {
		t.Fatal(err)
	}
	return written
}

// The golden file is of any processor: run it on another, or on an emulated one, with go test -exec.
func TestModelFileIsGoldenAndReadsBackExactly(t *testing.T) {
	table, card := loans(t)
	written := file(t, card)
	golden := filepath.Join("testdata", "lending_club.json")
	if *update {
		if err := os.WriteFile(golden, written, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written, want) {
		t.Errorf("training gives another file than %s; if that is meant, run the test with -update and say why in the changelog", golden)
	}
	read, err := scorecard.Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file(t, read), want) {
		t.Error("a file that was read writes other bytes")
	}
	for row := 0; row < table.Rows(); row += 37 {
		if record := table.Record(row); read.Score(record) != card.Score(record) {
			t.Fatalf("row %d: %d points from the file, %d from training", row, read.Score(record), card.Score(record))
		}
	}
}

func TestEveryVariableMovesAsTheSchemaSays(t *testing.T) {
	for _, name := range []string{"lending_club", "german", "taiwan"} {
		t.Run(name, func(t *testing.T) {
			table := figurestest.Table(t, name)
			o := scorecard.DefaultOptions()
			card, err := scorecard.Train(table, table.All(), table.Schema().Inputs(true), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range card.Variables {
				at, _ := table.Schema().Index(v.Field)
				sign := table.Fields()[at].Direction.Sign()
				rows := v.Missing.Good + v.Missing.Bad
				if v.Rest != nil {
					rows += v.Rest.Good + v.Rest.Bad
				}
				for i, b := range v.Bins {
					rows += b.Good + b.Bad
					if i > 0 && sign*(b.Points-v.Bins[i-1].Points) > 0 {
						t.Errorf("%s: bin %d has %d points after %d, against the direction", v.Field, i, b.Points, v.Bins[i-1].Points)
					}
					if (b.WoE > 0) != (b.Points > 0) && b.Points != 0 {
						t.Errorf("%s: evidence %v has %d points", v.Field, b.WoE, b.Points)
					}
				}
				if rows != table.Rows() || v.Weight <= 0 || len(v.Bins) > o.MostBins {
					t.Errorf("%s: %d of %d rows in %d bins, weight %v", v.Field, rows, table.Rows(), len(v.Bins), v.Weight)
				}
			}
		})
	}
}

func TestNoProtectedFieldEntersAModel(t *testing.T) {
	table, card := loans(t)
	var refused dataset.ProtectedError
	_, err := scorecard.Train(table, table.All(), []string{"annual_inc", "addr_state"}, scorecard.DefaultOptions())
	if !errors.As(err, &refused) || refused.Field != "addr_state" {
		t.Errorf("training on the state of residence: %v", err)
	}
	forged := strings.Replace(string(file(t, card)), "\"name\": \"inq_last_6mths\",\n", "\"name\": \"inq_last_6mths\",\n\"protected\": true,\n", 1)
	if _, err := scorecard.Parse([]byte(forged)); !errors.As(err, &refused) {
		t.Errorf("a file that reads a protected field: %v", err)
	}
	var unmarked dataset.UnmarkedError
	forged = strings.ReplaceAll(string(file(t, card)), `"inq_last_6mths"`, `"SEX"`)
	if _, err := scorecard.Parse([]byte(forged)); !errors.As(err, &unmarked) || unmarked.Field != "SEX" {
		t.Errorf("a file that reads a field named SEX: %v", err)
	}
}

func TestForgedFilesAreRefused(t *testing.T) {
	_, card := loans(t)
	whole := string(file(t, card))
	cases := []struct {
		name  string
		forge func(*scorecard.Scorecard)
		says  string
	}{
		{"points", func(s *scorecard.Scorecard) { s.Variables[0].Bins[0].Points += 40 }, "weight and evidence make"},
		{"base", func(s *scorecard.Scorecard) { s.BasePoints++ }, "the intercept makes"},
		{"mean", func(s *scorecard.Scorecard) { s.Variables[0].MeanPoints++ }, "mean or best points"},
		{"weight", func(s *scorecard.Scorecard) { s.Variables[0].Weight *= -1 }, "weight above zero"},
		{"field", func(s *scorecard.Scorecard) { s.Variables[0].Field = "zeal" }, "zeal is no number of the schema"},
		{"field twice", func(s *scorecard.Scorecard) { s.Variables = append(s.Variables, s.Variables[0]) }, "named twice"},
		{"version", func(s *scorecard.Scorecard) { s.Version = 9 }, "reads version 1"},
		{"bins", func(s *scorecard.Scorecard) { s.Variables[0].Bins[0].Most = nil }, "does not follow"},
		{"scale", func(s *scorecard.Scorecard) { s.Options.PDO = 0 }, "double the odds"},
	}
	for _, c := range cases {
		forged, err := scorecard.Parse([]byte(whole))
		if err != nil {
			t.Fatal(err)
		}
		c.forge(forged)
		if _, err := scorecard.Parse(file(t, forged)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	for _, text := range []string{whole + "{}", strings.Replace(whole, `"version"`, `"edition"`, 1), "{"} {
		if _, err := scorecard.Parse([]byte(text)); err == nil {
			t.Errorf("a file that begins %.40q and ends %q was read", text, text[len(text)-4:])
		}
	}
}

func TestScoresAddUpAndOddsDouble(t *testing.T) {
	table, card := loans(t)
	for row := 0; row < table.Rows(); row += 97 {
		record := table.Record(row)
		sum := card.BasePoints
		for _, part := range card.Explain(record) {
			sum += part.Points
		}
		if sum != card.Score(record) {
			t.Fatalf("row %d: parts sum to %d, the score is %d", row, sum, card.Score(record))
		}
	}
	if p := card.ProbabilityOf(600); math.Abs((1-p)/p-20) > 1e-9 {
		t.Errorf("600 points are odds of %v", (1-p)/p)
	}
	if p := card.ProbabilityOf(650); math.Abs((1-p)/p-40) > 1e-9 {
		t.Errorf("50 points more are odds of %v", (1-p)/p)
	}
	if least, most := card.ScoreOf(1), card.ScoreOf(0); least >= most {
		t.Errorf("the cut-offs for certainties are %d and %d", least, most)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(.0001, .9999).Draw(t, "p")
		score := card.ScoreOf(p)
		if card.ProbabilityOf(score) > p || card.ProbabilityOf(score-1) <= p {
			t.Fatalf("the cut-off for %v is %d: %v, one below %v", p, score, card.ProbabilityOf(score), card.ProbabilityOf(score-1))
		}
	})
}

func TestReasonsNameWhatCostMost(t *testing.T) {
	table, card := loans(t)
	for _, against := range []scorecard.Yardstick{scorecard.Best, scorecard.Mean} {
		for row := 0; row < table.Rows(); row += 211 {
			record := table.Record(row)
			total, told := 0., 0.
			for _, part := range card.Explain(record) {
				if against == scorecard.Best {
					total += float64(part.Best - part.Points)
				} else {
					total += part.Mean - float64(part.Points)
				}
			}
			reasons := card.Reasons(record, against, 99)
			for i, r := range reasons {
				told += r.Points
				if r.Points <= 0 || i > 0 && r.Points > reasons[i-1].Points || r.Reason.ZH == "" || r.Reason.EN == "" || len(r.Fields) == 0 {
					t.Fatalf("row %d, reason %d: %+v", row, i, r)
				}
			}
			if told < total-1e-9 || against == scorecard.Best && told > total+1e-9 {
				t.Fatalf("row %d: reasons cost %v points, the score misses %v", row, told, total)
			}
			if few := card.Reasons(record, against, 2); len(few) > 2 {
				t.Fatalf("%d reasons, two were asked for", len(few))
			}
		}
	}
}
