package distribution_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// division plays one file of testdata; README.txt there explains the verbs. All loans run from 15 January
// 2024 and are repaid in equal principal or level payments by 30/360.
type division struct {
	*testing.T
	state    loan.State
	weights  []money.Minor
	booked   []loan.Received
	reversed loan.Reversed
	netted   loan.Netted
	checks   int
}

func TestDivisions(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d divisions, %v", len(files), err)
	}
	for _, name := range files {
		if filepath.Base(name) == "README.txt" {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			d := &division{T: t}
			for i, line := range strings.Split(string(text), "\n") {
				if words := strings.Fields(line); len(words) > 0 && words[0] != "#" {
					d.play(i+1, words)
				}
			}
			if d.checks == 0 {
				t.Fatal("nothing was expected")
			}
		})
	}
}

func (d *division) play(line int, words []string) {
	d.Helper()
	if d.act(words) {
		return
	}
	got, ok := d.figures(words[0])
	if !ok {
		d.Fatalf("line %d: unknown verb %q", line, words[0])
	}
	d.checks++
	if want := strings.Join(words[1:], " "); yuan(got) != want {
		d.Errorf("line %d: %s\n got %s\nwant %s", line, words[0], yuan(got), want)
	}
}

// act does what a line asks for, or reports false for one that expects something.
func (d *division) act(words []string) bool {
	switch words[0] {
	case "lenders":
		d.weights = amounts(words[1:])
	case "loan": // loan 1200.00 at 12 % in 12 equal_principal fee 2.00
		plan := schedule.Terms{
			PrincipalMinor: amounts(words[1:2])[0], RatePPM: money.PPM(number(words[3])) * 10_000, Instalments: int(number(words[6])),
			Method: schedule.Method(words[7]), DayCount: calendar.Thirty360, Start: day("2024-01-15"), MonthEnd: calendar.Clamp,
		}
		if len(words) > 8 {
			plan.Charges = []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisFlat, FlatMinor: amounts(words[9:])[0]}}
		}
		d.state = active(plan, 0, d.weights...)
	case "receipt": // receipt on 2024-02-15 of 100.00
		r := distribution.Receipt{BankReference: fmt.Sprintf("R%d", len(d.booked)+1), AmountMinor: amounts(words[4:])[0], ValueDate: day(words[2])}
		state, booked := receive(d, d.state, r, statute, r.ValueDate)
		d.state, d.booked = state, append(d.booked, booked)
	case "net":
		events, err := loan.Decide(d.state, loan.Net{Run: "run"}, meridian, day("2024-12-31"))
		if err != nil {
			d.Fatal(err)
		}
		d.state, d.netted = loan.Apply(d.state, events[0]), *events[0].Netted
	case "reverse": // reverse 1 on 2024-03-01
		events, err := distribution.Reverse(d.state, d.booked[number(words[1])-1], meridian, day(words[3]))
		if err != nil {
			d.Fatal(err)
		}
		d.state, d.reversed = loan.Apply(d.state, events[0]), *events[0].Reversed
	default:
		return false
	}
	return true
}

// figures answers what a verb speaks of, one amount a lender or a charge.
func (d *division) figures(verb string) ([]money.Minor, bool) {
	last := loan.Received{}
	if len(d.booked) > 0 {
		last = d.booked[len(d.booked)-1]
	}
	switch verb {
	case "principal":
		return last.PrincipalCredits, true
	case "interest":
		return last.InterestCredits, true
	case "fees":
		return last.Parts.FeesMinor, true
	case "refund":
		return []money.Minor{last.Parts.RefundMinor}, true
	case "all_principal":
		return d.state.PrincipalCredits, true
	case "all_interest":
		return d.state.InterestCredits, true
	case "paid_out":
		return append(append([]money.Minor{}, d.netted.Credits...), append(d.netted.FeesMinor, d.netted.RefundMinor)...), true
	case "gives_back":
		return sums(d.reversed.PrincipalCredits, d.reversed.InterestCredits), true
	case "receivable":
		return append(append([]money.Minor{}, d.state.Receivable...), d.state.RefundReceivable), true
	case "payable":
		payable := make([]money.Minor, len(d.weights))
		for i := range payable {
			payable[i] = d.state.Payable(i)
		}
		return payable, true
	}
	return nil, false
}

func sums(a, b []money.Minor) []money.Minor {
	sum := make([]money.Minor, len(a))
	for i := range a {
		sum[i] = a[i] + b[i]
	}
	return sum
}

func amounts(words []string) []money.Minor {
	list := make([]money.Minor, len(words))
	for i, w := range words {
		whole, part, _ := strings.Cut(w, ".")
		if len(part) != 2 {
			panic("an amount wants two decimal places: " + w)
		}
		list[i] = money.Minor(number(whole + part))
	}
	return list
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func yuan(list []money.Minor) string {
	words := make([]string, len(list))
	for i, m := range list {
		words[i] = fmt.Sprintf("%d.%02d", m/100, m%100)
	}
	return strings.Join(words, " ")
}
