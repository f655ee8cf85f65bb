package boosting

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
)

// sample is a matrix with its outcomes.
type sample struct {
	Matrix
	bad []bool
}

func (s sample) rows() []int {
	rows := make([]int, len(s.bad))
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func (s sample) row(i int) []float64 {
	row := make([]float64, len(s.Columns))
	for c := range row {
		row[c] = s.Columns[c][i]
	}
	return row
}

// invented makes applicants whose odds follow a known formula: debt raises them, income lowers them beyond a
// threshold, the two meet, a third column is a category, the rest is noise. Values are missing at random,
// except that a missing income is a bad sign.
func invented(rows int, seed uint64) sample {
	random := rand.New(rand.NewPCG(seed, 7))
	s := sample{Matrix: Matrix{Names: []string{"debt", "income", "purpose", "noise", "constant", "absent"}}}
	s.Columns = make([][]float64, len(s.Names))
	for range rows {
		debt, income := random.Float64()*10, math.Round(exponential(random.NormFloat64())*100)/100
		purpose, noise := float64(random.IntN(4)), math.Round(random.NormFloat64()*100)
		margin := -2.5 + .4*debt - .8*math.Min(income, 2)
		if purpose == 2 && debt > 5 {
			margin += 1.5
		}
		if random.Float64() < .15 {
			income, margin = math.NaN(), margin+1
		}
		if random.Float64() < .05 {
			noise = math.NaN()
		}
		for c, value := range []float64{debt, income, purpose, noise, 3, math.NaN()} {
			s.Columns[c] = append(s.Columns[c], value)
		}
		s.bad = append(s.bad, random.Float64() < logistic(margin))
	}
	return s
}

func train(t testing.TB, s sample, rows []int, options Options) *Forest {
	t.Helper()
	forest, err := Train(s.Matrix, s.bad, rows, options)
	if err != nil {
		t.Fatal(err)
	}
	return forest
}

// predict asks the forest about some rows.
func predict(forest *Forest, s sample, rows []int) []float64 {
	answers := make([]float64, len(rows))
	for i, row := range rows {
		answers[i] = forest.Probability(s.row(row))
	}
	return answers
}

// auc is the probability that a bad row scores above a good one, ties counting half.
func auc(scores []float64, bad []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case scores[a] < scores[b]:
			return -1
		case scores[a] > scores[b]:
			return 1
		}
		return 0
	})
	goods, pairs, worse := 0.0, 0.0, 0.0
	for from := 0; from < len(order); {
		to, good, ill := from, 0.0, 0.0
		for ; to < len(order) && scores[order[to]] == scores[order[from]]; to++ {
			if bad[order[to]] {
				ill++
			} else {
				good++
			}
		}
		pairs += ill * (goods + good/2)
		goods, worse, from = goods+good, worse+ill, to
	}
	return pairs / (goods * worse)
}

// folds gives every row a fold, either outcome spread evenly.
func folds(bad []bool, count int, seed uint64) []int {
	random := rand.New(rand.NewPCG(seed, 11))
	fold := make([]int, len(bad))
	for _, outcome := range []bool{false, true} {
		var rows []int
		for row := range bad {
			if bad[row] == outcome {
				rows = append(rows, row)
			}
		}
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for i, row := range rows {
			fold[row] = i % count
		}
	}
	return fold
}

// crossValidate answers every row by a forest that was trained on the other folds.
func crossValidate(t testing.TB, s sample, fold []int, options Options) []float64 {
	t.Helper()
	answers := make([]float64, len(s.bad))
	for held := range slices.Max(fold) + 1 {
		var fitted, kept []int
		for row := range fold {
			if fold[row] == held {
				kept = append(kept, row)
			} else {
				fitted = append(fitted, row)
			}
		}
		forest := train(t, s, fitted, options)
		for i, answer := range predict(forest, s, kept) {
			answers[kept[i]] = answer
		}
	}
	return answers
}

// foldAUC is the mean over the folds.
func foldAUC(scores []float64, bad []bool, fold []int) float64 {
	sum, count := 0.0, slices.Max(fold)+1
	for held := range count {
		var part []float64
		var outcomes []bool
		for row := range fold {
			if fold[row] == held {
				part, outcomes = append(part, scores[row]), append(outcomes, bad[row])
			}
		}
		sum += auc(part, outcomes)
	}
	return sum / float64(count)
}

// reference reads a file of the figures beside the clone.
func reference(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(figurestest.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func number(t testing.TB, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// taiwan is UCI's default of credit card clients without sex, marriage and age. More credit and higher
// payments must not raise the risk, longer delays must not lower it.
func taiwan(t testing.TB) sample {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(reference(t, "taiwan_default.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var s sample
	header, last := records[0], len(records[0])-1
	for c, name := range header[1:last] {
		direction := 0
		switch {
		case name == "SEX" || name == "MARRIAGE" || name == "AGE":
			continue
		case name == "LIMIT_BAL" || strings.HasPrefix(name, "PAY_AMT"):
			direction = -1
		case strings.HasPrefix(name, "PAY_"):
			direction = 1
		}
		column := make([]float64, len(records)-1)
		for i, record := range records[1:] {
			column[i] = number(t, record[c+1])
		}
		s.Names, s.Columns = append(s.Names, name), append(s.Columns, column)
		s.Monotone = append(s.Monotone, direction)
	}
	for _, record := range records[1:] {
		s.bad = append(s.bad, record[last] == "1")
	}
	return s
}

// german is UCI's Statlog German Credit without personal status and sex (9), age (13) and foreign worker
// (20). Attributes whose codes have an order are numbers, their unknown level missing; those with levels
// are one column a level; some are both. A longer loan must not lower the risk.
func german(t testing.TB) sample {
	t.Helper()
	var records [][]string
	for line := range strings.Lines(reference(t, "german.data")) {
		records = append(records, strings.Fields(line))
	}
	ordered := map[int]map[string]float64{
		1: {"A11": 0, "A12": 1, "A13": 2},
		6: {"A61": 0, "A62": 1, "A63": 2, "A64": 3},
		7: {"A71": 0, "A72": 1, "A73": 2, "A74": 3, "A75": 4},
	}
	levels := map[int]bool{1: true, 3: true, 4: true, 6: true, 10: true, 12: true, 14: true, 15: true, 17: true, 19: true}
	var s sample
	add := func(name string, value func(record []string) float64) {
		column := make([]float64, len(records))
		for i, record := range records {
			column[i] = value(record)
		}
		s.Names, s.Columns = append(s.Names, name), append(s.Columns, column)
		s.Monotone = append(s.Monotone, map[string]int{"attribute 2": 1}[name]) // its duration
	}
	for attribute := 1; attribute <= 19; attribute++ {
		if attribute == 9 || attribute == 13 {
			continue
		}
		name := "attribute " + strconv.Itoa(attribute)
		if order, ok := ordered[attribute]; ok {
			add(name, func(record []string) float64 {
				if value, known := order[record[attribute-1]]; known {
					return value
				}
				return math.NaN()
			})
		}
		if levels[attribute] {
			for _, level := range distinct(records, attribute-1) {
				add(level, func(record []string) float64 {
					if record[attribute-1] == level {
						return 1
					}
					return 0
				})
			}
		}
		if _, isOrdered := ordered[attribute]; !isOrdered && !levels[attribute] {
			add(name, func(record []string) float64 { return number(t, record[attribute-1]) })
		}
	}
	for _, record := range records {
		s.bad = append(s.bad, record[20] == "2")
	}
	return s
}

// distinct returns the levels of a column, sorted.
func distinct(records [][]string, column int) []string {
	var levels []string
	for _, record := range records {
		levels = append(levels, record[column])
	}
	slices.Sort(levels)
	return slices.Compact(levels)
}
