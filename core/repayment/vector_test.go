package repayment_test

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
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

var meridian = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Machine}

// story plays one file of testdata: a line is a verb followed by names and values; lines of prose begin
// with #. README.txt in testdata explains the verbs to whoever keeps a lender's books.
type story struct {
	*testing.T
	state    loan.State
	order    repayment.Order
	booked   []loan.Received
	expected []string // verbs that must have been met
}

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d stories, %v", len(files), err)
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
			s := &story{T: t}
			for i, line := range strings.Split(string(text), "\n") {
				if line == "" || strings.HasPrefix(line, "#") {
					continue
				}
				s.play(i+1, strings.Fields(line))
			}
			if len(s.expected) == 0 {
				t.Fatal("the story expects nothing")
			}
		})
	}
}

func (s *story) play(line int, words []string) {
	s.Helper()
	verb, words := words[0], words[1:]
	var got, want string
	switch verb {
	case "loan":
		s.lend(fieldsOf(s, words))
		return
	case "order":
		s.arrange(words)
		return
	case "receipt":
		s.receive(fieldsOf(s, words))
		return
	case "reverse":
		s.reverse(words)
		return
	case "pays":
		got, want = partsText(s.booked[len(s.booked)-1]), strings.Join(words, " ")
	case "owes":
		f := fieldsOf(s, words[:2])
		got, want = s.owes(f.day("on")), strings.Join(words[2:], " ")
	case "status":
		got, want = string(s.state.Status), words[0]
	default:
		s.Fatalf("line %d: unknown verb %q", line, verb)
	}
	s.expected = append(s.expected, verb)
	if got != want {
		s.Errorf("line %d: %s\n got %s\nwant %s", line, verb, got, want)
	}
}

func (s *story) lend(f fields) {
	plan := schedule.Terms{
		PrincipalMinor: f.amount("principal"), RatePPM: f.percent("rate"), Instalments: f.number("instalments"),
		Method: schedule.Method(f["method"]), DayCount: calendar.DayCount(f["days"]), Start: f.day("start"), MonthEnd: calendar.Clamp,
	}
	if f["fee"] != "" {
		plan.Charges = []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisFlat, FlatMinor: f.amount("fee")}}
	}
	s.state = loan.Apply(loan.State{}, loan.Event{Kind: loan.ActPropose, Proposal: &loan.Proposal{
		ID: "a.loan", Platform: "harbor", Custodian: "meridian", Borrower: "borrower",
		PrincipalMinor: plan.PrincipalMinor, PenaltyRatePPM: f.percent("penalty"),
	}})
	s.state = loan.Apply(s.state, loan.Event{Kind: loan.ActFund, Weights: []money.Minor{plan.PrincipalMinor}})
	s.state = loan.Apply(s.state, loan.Event{Kind: loan.ActActivate, Plan: &plan})
}

func (s *story) arrange(words []string) {
	s.order = repayment.Order{}
	for _, w := range words {
		if w == "horizontal" {
			s.order.Horizontal = true
			continue
		}
		s.order.Components = append(s.order.Components, regime.Component(w))
	}
}

func (s *story) receive(f fields) {
	s.Helper()
	on, value := f.day("on"), f.day("on")
	if f["value"] != "" {
		value = f.day("value")
	}
	r := distribution.Receipt{BankReference: fmt.Sprintf("R%d", len(s.booked)+1), AmountMinor: f.amount("amount"), ValueDate: value}
	events, err := distribution.Decide(s.state, r, s.order, meridian, on)
	if err != nil {
		s.Fatalf("receipt %s: %v", r.BankReference, err)
	}
	s.state = loan.Apply(s.state, events[0])
	s.booked = append(s.booked, *events[0].Received)
}

func (s *story) reverse(words []string) {
	s.Helper()
	number, err := strconv.Atoi(words[0])
	if err != nil {
		s.Fatal(err)
	}
	events, err := distribution.Reverse(s.state, s.booked[number-1], meridian, fieldsOf(s, words[1:]).day("on"))
	if err != nil {
		s.Fatalf("reverse %d: %v", number, err)
	}
	s.state = loan.Apply(s.state, events[0])
}

// owes writes a position out: what is past due, what is due on the day, and what paying off the rest
// costs beside.
func (s *story) owes(on calendar.Date) string {
	s.Helper()
	p, err := repayment.At(s.state, on, on)
	if err != nil {
		s.Fatal(err)
	}
	days, err := repayment.OverdueDays(s.state, on)
	if err != nil {
		s.Fatal(err)
	}
	return fmt.Sprintf("past_due %s penalty %s due %s rest %s days %d", yuan(p.PastDue.Total()-p.PastDue.PenaltyMinor),
		yuan(p.PastDue.PenaltyMinor), yuan(p.Due.Total()), yuan(p.RestPrincipal+p.RestInterest), days)
}

// partsText names the parts that are not zero, and whether the loan closed.
func partsText(r loan.Received) string {
	var words []string
	add := func(name string, amount money.Minor) {
		if amount != 0 {
			words = append(words, name, yuan(amount))
		}
	}
	for _, fee := range r.Parts.FeesMinor {
		add("fee", fee)
	}
	add("penalty", r.Parts.PenaltyMinor)
	add("interest", r.Parts.InterestMinor)
	add("principal", r.Parts.PrincipalMinor)
	add("refund", r.Parts.RefundMinor)
	if r.Closes {
		words = append(words, "closes")
	}
	return strings.Join(words, " ")
}

func yuan(m money.Minor) string { return fmt.Sprintf("%d.%02d", m/100, m%100) }

// fields are the names and values of one line.
type fields map[string]string

func fieldsOf(t testing.TB, words []string) fields {
	t.Helper()
	if len(words)%2 != 0 {
		t.Fatalf("a name without a value: %v", words)
	}
	f := fields{}
	for i := 0; i < len(words); i += 2 {
		f[words[i]] = words[i+1]
	}
	return f
}

func (f fields) number(name string) int {
	n, err := strconv.Atoi(f[name])
	if err != nil {
		panic(name + ": " + err.Error())
	}
	return n
}

func (f fields) day(name string) calendar.Date {
	d, err := calendar.Parse(f[name])
	if err != nil {
		panic(name + ": " + err.Error())
	}
	return d
}

// amount reads yuan with two places.
func (f fields) amount(name string) money.Minor { return money.Minor(f.hundredths(name, f[name])) }

// percent reads a rate with two places, as 36.50%.
func (f fields) percent(name string) money.PPM {
	return money.PPM(f.hundredths(name, strings.TrimSuffix(f[name], "%")) * 100)
}

func (f fields) hundredths(name, text string) int64 {
	whole, part, ok := strings.Cut(text, ".")
	if !ok || len(part) != 2 {
		panic(name + " wants two decimal places: " + text)
	}
	n, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil {
		panic(name + ": " + err.Error())
	}
	return n
}
