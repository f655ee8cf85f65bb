package schedule_test

import (
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

var update = flag.Bool("update", false, "rewrite the tables of testdata from the terms above them")

// Each file of testdata is one loan as a lender's accountant would lay it out: terms, then the table.
// The table must be what the terms generate, character by character. Where a file names a source
// outside this project, that source's figures stand in the table and a change of them is a defect.
func TestScheduleVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d vector files, %v; want at least 12", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, _, found := strings.Cut(string(text), "\n\n")
			if !found || !strings.HasPrefix(head, "# ") || !strings.Contains(head, "# Source: ") {
				t.Fatal("a vector begins with a comment that names its source, then terms, then an empty line")
			}
			want := head + "\n\n" + table(t, termsOf(t, head))
			if *update {
				if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if string(text) != want {
				t.Errorf("the file differs from what its terms generate:\n%s", want)
			}
		})
	}
}

// termsOf reads the lines "name: value" of a vector's head.
func termsOf(t *testing.T, head string) schedule.Terms {
	t.Helper()
	var terms schedule.Terms
	for _, line := range strings.Split(head, "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "principal":
			terms.PrincipalMinor = yuan(t, value)
		case "rate a year":
			terms.RatePPM = percent(t, value)
		case "instalments":
			terms.Instalments = count(t, value)
		case "method":
			terms.Method = schedule.Method(value)
		case "day count":
			terms.DayCount = calendar.DayCount(value)
		case "start":
			terms.Start = date(t, value)
		case "first due":
			terms.FirstDue = date(t, value)
		case "month end":
			terms.MonthEnd = calendar.MonthEndRule(value)
		case "multiple":
			terms.InstalmentMultipleMinor = yuan(t, value)
		case "rounding":
			terms.Rounding = money.Rounding(value)
		case "charge":
			terms.Charges = append(terms.Charges, chargeOf(t, value))
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	return terms
}

// chargeOf reads "platform 2 % of interest" or "custodian 1.50 flat".
func chargeOf(t *testing.T, text string) schedule.Charge {
	t.Helper()
	payee, rest, _ := strings.Cut(text, " ")
	if amount, flat := strings.CutSuffix(rest, " flat"); flat {
		return schedule.Charge{Payee: payee, Basis: schedule.BasisFlat, FlatMinor: yuan(t, amount)}
	}
	rate, basis, _ := strings.Cut(rest, " of ")
	return schedule.Charge{Payee: payee, Basis: basis, PPM: percent(t, rate)}
}

func yuan(t *testing.T, text string) money.Minor {
	t.Helper()
	amount, err := money.CNY.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

func percent(t *testing.T, text string) money.PPM {
	t.Helper()
	number, ok := new(big.Rat).SetString(strings.TrimSuffix(text, " %"))
	if !ok {
		t.Fatalf("%q is no percentage", text)
	}
	number.Mul(number, big.NewRat(10_000, 1))
	if !number.IsInt() {
		t.Fatalf("%q is finer than a part per million", text)
	}
	return money.PPM(number.Num().Int64())
}

func count(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func date(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// table lays out what the terms generate.
func table(t *testing.T, terms schedule.Terms) string {
	t.Helper()
	rows, err := schedule.Generate(terms)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, " no  due         %12s %12s", "principal", "interest")
	for _, c := range terms.Charges {
		fmt.Fprintf(&out, " %12s", c.Payee)
	}
	fmt.Fprintf(&out, " %12s %12s\n", "payment", "balance")
	balance, sums := terms.PrincipalMinor, make([]money.Minor, 3+len(terms.Charges))
	for _, row := range rows {
		total, err := row.TotalMinor()
		if err != nil {
			t.Fatal(err)
		}
		balance -= row.PrincipalMinor
		cells := append([]money.Minor{row.PrincipalMinor, row.InterestMinor}, row.FeesMinor...)
		cells = append(cells, total)
		for i, cell := range cells {
			sums[i] += cell
		}
		fmt.Fprintf(&out, "%3d  %s ", row.Number, row.Due)
		writeCells(&out, append(cells, balance))
	}
	out.WriteString("sum             ")
	writeCells(&out, sums)
	rate, err := schedule.AllInRatePPM(terms.PrincipalMinor, terms.Start, rows)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "\nall-in rate a year: %d.%04d %%\n", rate/10_000, rate%10_000)
	return out.String()
}

func writeCells(out *strings.Builder, cells []money.Minor) {
	for _, cell := range cells {
		fmt.Fprintf(out, " %12s", money.CNY.Format(cell))
	}
	out.WriteString("\n")
}
