package hazard_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/risk/hazard"
)

// simulated are histories of the shipped loans with the habits of `make demo` (gateway-app/demo/months.go): whether a
// loan went bad, its term and its rate are the data's; in which month it stops, and who is late or early once, is made
// up by its place in the file. Nobody slips before stopping, so what they tell of a model is little.
func simulated(b *testing.B) []hazard.History {
	b.Helper()
	file, err := os.Open("../../demo/data/loans.csv")
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	begin := calendar.NewDate(2016, 1, 4)
	list := make([]hazard.History, 0, len(rows)-1)
	for at, row := range rows[1:] {
		amount, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		term, err := strconv.Atoi(strings.TrimPrefix(row[1], "term_"))
		if err != nil {
			b.Fatal(err)
		}
		rate, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			b.Fatal(err)
		}
		h := hazard.History{
			Loan: fmt.Sprintf("demo/%d", at), PrincipalMinor: money.Minor(amount * 100), RatePPM: money.PPM(rate*10_000 + .5), TermMonths: term, StartedOn: begin,
		}
		bad := row[len(row)-1] == "bad"
		for month := 1; month <= term; month++ {
			r := hazard.Row{Due: begin.AddMonths(month), PrincipalMinor: h.PrincipalMinor / money.Minor(term)}
			switch {
			case bad && month >= 3+at%9:
			case !bad && at%13 == 4 && month == 4:
				r.PaidOn = begin.AddMonths(5)
			case !bad && at%9 == 5 && month >= 6+at%20:
				r.PaidOn = begin.AddMonths(6 + at%20)
			default:
				r.PaidOn = r.Due
			}
			h.Rows = append(h.Rows, r)
		}
		list = append(list, h)
	}
	return list
}

// BenchmarkDemoHabits fits a model on the demo's loans and says how well it, and the rule that stands in, tell on
// loans that were held out.
func BenchmarkDemoHabits(b *testing.B) {
	histories := simulated(b)
	b.ResetTimer()
	for b.Loop() {
		_, r, err := hazard.Train(histories, calendar.NewDate(2018, 1, 4))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(r.AUC, "auc")
		b.ReportMetric(r.StartAUC, "start-auc")
		b.ReportMetric(r.Brier, "brier")
		b.ReportMetric(float64(r.Observations), "observations")
		b.ReportMetric(float64(r.Overdue), "overdue")
	}
}
