package kyc_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/kyc"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Every status, action and actor: where it leads, or why it is refused.
func TestEveryTransition(t *testing.T) {
	var b strings.Builder
	b.WriteString("# status × action × actor → where it leads, or the refusal; \"stays\" changes no status\n")
	for _, status := range kyc.Statuses() {
		for _, action := range kyc.Actions() {
			for _, actor := range kyc.Actors() {
				fmt.Fprintf(&b, "%-10s %-7s %-10s %s\n", statusName(status), action, actor, outcome(status, action, actor))
			}
		}
	}
	golden(t, "testdata/transitions.txt", b.String())
}

func statusName(s kyc.Status) string {
	if s == kyc.None {
		return "none"
	}
	return string(s)
}

func outcome(s kyc.Status, a kyc.Action, who kyc.Actor) string {
	if err := kyc.Permit(s, a, who); err != nil {
		return "refused: " + string(fault.Of(err).Code)
	}
	for _, t := range kyc.Transitions() {
		if t.Action == a && slices.Contains(t.From, s) && slices.Contains(t.Who, who) {
			if t.To == kyc.None {
				return "stays"
			}
			return string(t.To)
		}
	}
	return "permitted by nothing in the table"
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it after -update:\n%s", path, got)
	}
}

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func publicKey(t *testing.T) party.Key {
	t.Helper()
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	return key.PublicKey()
}

func submission(t *testing.T) kyc.Submission {
	t.Helper()
	return kyc.Submission{
		Party: strings.Repeat("1b", 16), Kind: party.Natural, Level: 2, Key: publicKey(t),
		Papers: []kyc.Paper{{Document: "d1", Kind: "identity_front"}, {Document: "d2", Kind: "identity_back"}},
	}
}

// ready is a case that only waits for the officer.
func ready(t *testing.T) (kyc.State, kyc.Command) {
	t.Helper()
	sub := submission(t)
	s := kyc.State{
		Status: kyc.Submitted, Round: 1, SubmittedBy: "clerk", Submission: sub, Report: &kyc.Report{Provider: "local", Outcome: kyc.Match},
	}
	return s, kyc.Command{
		Action: kyc.ActVerify, Actor: kyc.Officer, By: "officer", On: day("2026-01-05"), Expires: day("2030-01-05"), Clear: true,
	}
}

// What keeps somebody from being verified, one thing at a time.
func TestNobodyIsVerifiedWithout(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*kyc.State, *kyc.Command)
		want   *fault.Fault
	}{
		"nothing":                 {func(*kyc.State, *kyc.Command) {}, nil},
		"a third pair of eyes":    {func(s *kyc.State, _ *kyc.Command) { s.ChangedBy = []string{"editor", "officer"} }, fault.In(fault.WrongRole, "by")},
		"a second pair of eyes":   {func(_ *kyc.State, c *kyc.Command) { c.By = "clerk" }, fault.In(fault.WrongRole, "by")},
		"a name":                  {func(_ *kyc.State, c *kyc.Command) { c.By = "" }, fault.In(fault.MissingField, "by")},
		"a report":                {func(s *kyc.State, _ *kyc.Command) { s.Report = nil }, fault.In(fault.WrongStatus, "report")},
		"a report that matches":   {func(s *kyc.State, _ *kyc.Command) { s.Report.Outcome = kyc.Mismatch }, fault.In(fault.WrongStatus, "report")},
		"a clear screening":       {func(_ *kyc.State, c *kyc.Command) { c.Clear = false }, fault.In(fault.WrongStatus, "screening")},
		"a last day":              {func(_ *kyc.State, c *kyc.Command) { c.Expires = 0 }, fault.In(fault.InvalidField, "expires")},
		"a last day that is near": {func(_ *kyc.State, c *kyc.Command) { c.Expires = day("2040-01-05") }, fault.In(fault.InvalidField, "expires")},
		"the card's back":         {func(s *kyc.State, _ *kyc.Command) { s.Submission.Papers = s.Submission.Papers[:1] }, fault.In(fault.MissingField, "papers.identity_back")},
		"the level's papers":      {func(s *kyc.State, _ *kyc.Command) { s.Submission.Level = 3 }, fault.In(fault.MissingField, "papers.portrait")},
	} {
		s, command := ready(t)
		c.change(&s, &command)
		_, err := kyc.Decide(s, command)
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if got := fault.Of(err); got == nil || *got != *c.want {
			t.Errorf("without %s: %v, want %v", what, err, c.want)
		}
	}
}

func TestSubmissionsAreChecked(t *testing.T) {
	for field, change := range map[string]func(*kyc.Submission){
		"party":                 func(s *kyc.Submission) { s.Party = "x" },
		"kind":                  func(s *kyc.Submission) { s.Kind = "ghost" },
		"level":                 func(s *kyc.Submission) { s.Level = 4 },
		"affiliate":             func(s *kyc.Submission) { s.Affiliate = "张三" },
		"papers[0].kind":        func(s *kyc.Submission) { s.Papers[0].Kind = "novel" },
		"papers[1].document":    func(s *kyc.Submission) { s.Papers[1].Document = "" },
		"key":                   func(s *kyc.Submission) { s.Key.Public = "AA" },
		"papers.identity_front": func(s *kyc.Submission) { s.Papers = nil },
		"papers.identity_back":  func(s *kyc.Submission) { s.Papers = s.Papers[:1] },
		"papers.portrait":       func(s *kyc.Submission) { s.Level = 3 },
		"papers[2].document":    func(s *kyc.Submission) { s.Papers = append(s.Papers, kyc.Paper{Document: "d1", Kind: "other"}) },
		"papers[2].kind": func(s *kyc.Submission) {
			s.Papers = append(s.Papers, kyc.Paper{Document: "d3", Kind: "identity_front"})
		},
	} {
		sub := submission(t)
		change(&sub)
		_, err := kyc.Decide(kyc.State{}, kyc.Command{Action: kyc.ActSubmit, Actor: kyc.Applicant, By: "clerk", Submission: &sub})
		if got := fault.Of(err); got == nil || got.Field != field {
			t.Errorf("a wrong %s: %v", field, err)
		}
	}
	sub := submission(t)
	sub.Papers = append(sub.Papers, kyc.Paper{Document: "d3", Kind: "income"}, kyc.Paper{Document: "d4", Kind: "income"})
	if _, err := kyc.Decide(kyc.State{}, kyc.Command{Action: kyc.ActSubmit, Actor: kyc.Applicant, By: "clerk", Submission: &sub}); err != nil {
		t.Errorf("two proofs of income: %v", err)
	}
	attested := kyc.State{Status: kyc.Expired, Attested: true, Submission: kyc.Submission{Party: strings.Repeat("2c", 16)}}
	if _, err := kyc.Decide(attested, kyc.Command{Action: kyc.ActSubmit, Actor: kyc.Applicant, By: "clerk", Submission: &sub}); err == nil {
		t.Error("a person became a second party on the ledger")
	}
}

// A new round forgets the old one's report: yesterday's answer says nothing of today's papers.
func TestANewRoundBeginsAnew(t *testing.T) {
	s, command := ready(t)
	events, err := kyc.Decide(s, command)
	if err != nil {
		t.Fatal(err)
	}
	s = kyc.Apply(s, events[0])
	if !s.Good(day("2030-01-05")) || s.Good(day("2030-01-06")) {
		t.Errorf("%+v is not good to its last day", s)
	}
	if flagged := kyc.Apply(s, kyc.Event{Kind: kyc.ActFlag}); flagged.Good(day("2026-02-01")) {
		t.Error("business goes on with somebody who was hit")
	}
	sub := submission(t)
	s = kyc.Apply(s, kyc.Event{Kind: kyc.ActSubmit, By: "clerk", Submission: &sub})
	if s.Report != nil || s.Round != 2 || !s.Attested || s.Good(day("2026-02-01")) {
		t.Errorf("the second round begins as %+v", s)
	}
}

// Numbers with the check characters that GB 11643 prints, and each way of being wrong.
func TestIdentityNumbers(t *testing.T) {
	for text, want := range map[string]kyc.Number{
		"11010519491231002X":   {Place: "110105", Born: kyc.Birthday{Year: 1949, Month: 12, Day: 31}, Female: true},
		"440524188001010014":   {Place: "440524", Born: kyc.Birthday{Year: 1880, Month: 1, Day: 1}},
		"11010519700101002X":   {Place: "110105", Born: kyc.Birthday{Year: 1970, Month: 1, Day: 1}, Female: true},
		"110105 19491231 002x": {Place: "110105", Born: kyc.Birthday{Year: 1949, Month: 12, Day: 31}, Female: true},
	} {
		if got, err := kyc.ParseNumber(text); got != want || err != nil {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]error{
		"": kyc.ErrNumberForm, "1101051949123100": kyc.ErrNumberForm, "1101051949123100AX": kyc.ErrNumberForm,
		"110105194912310021": kyc.ErrNumberCheck, "990105194912310028": kyc.ErrNumberPlace, "110105194902300024": kyc.ErrNumberBorn,
	} {
		if _, err := kyc.ParseNumber(withCheck(text, want)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

// withCheck gives a number that is to be wrong elsewhere the check character that it needs.
func withCheck(text string, want error) string {
	if !errors.Is(want, kyc.ErrNumberPlace) && !errors.Is(want, kyc.ErrNumberBorn) {
		return text
	}
	for _, last := range "0123456789X" {
		if _, err := kyc.ParseNumber(text[:17] + string(last)); !errors.Is(err, kyc.ErrNumberCheck) {
			return text[:17] + string(last)
		}
	}
	return text
}

// Any one digit that is changed, and any two neighbours that are swapped, are noticed.
func TestSlipsInNumbersAreNoticed(t *testing.T) {
	const number = "440524188001010014"
	for i := range 17 {
		for d := byte('0'); d <= '9'; d++ {
			changed := number[:i] + string(d) + number[i+1:]
			if changed != number {
				if _, err := kyc.ParseNumber(changed); err == nil {
					t.Errorf("%s was taken", changed)
				}
			}
		}
		swapped := number[:i] + string(number[i+1]) + string(number[i]) + number[i+2:]
		if swapped != number {
			if _, err := kyc.ParseNumber(swapped); err == nil {
				t.Errorf("%s was taken", swapped)
			}
		}
	}
}

// Codes as they are published, the standard's own example first, and each way of being wrong.
func TestCreditCodes(t *testing.T) {
	for text, want := range map[string]error{
		"91350100M000100Y43": nil, "91350100m000100y43": nil, "９１350100 M000100Y-43": nil, "9144030071526726XG": nil,
		"91110000802100433B": nil, "914403001922038216": nil,
		"": kyc.ErrNumberForm, "91350100M000100Y4": kyc.ErrNumberForm, "91350100I000100Y43": kyc.ErrNumberForm,
		"9135010AM000100Y43": kyc.ErrNumberForm, "91350100M000100Y44": kyc.ErrNumberCheck, "91350100M000010Y43": kyc.ErrNumberCheck,
		"91350100M000100X42": kyc.ErrNumberCheck, // the last fits, and the organisation code's own does not
	} {
		if err := kyc.CheckCreditCode(text); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

// Any one character that is changed is noticed.
func TestSlipsInCreditCodesAreNoticed(t *testing.T) {
	const code = "91350100M000100Y43"
	for i := range code {
		for _, c := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
			if changed := code[:i] + string(c) + code[i+1:]; changed != code && kyc.CheckCreditCode(changed) == nil {
				t.Errorf("%s was taken", changed)
			}
		}
	}
}

func TestAges(t *testing.T) {
	leap := kyc.Birthday{Year: 2008, Month: 2, Day: 29}
	for on, want := range map[string]int{
		"2026-02-28": 17, "2026-03-01": 18, "2028-02-28": 19, "2028-02-29": 20, "2008-02-28": -1, "2008-02-29": 0,
	} {
		if got := leap.Age(day(on)); got != want {
			t.Errorf("on %s %d years, want %d", on, got, want)
		}
	}
	if got := (kyc.Birthday{Year: 1970, Month: 1, Day: 1}).String(); got != "1970-01-01" {
		t.Errorf("the first day of 1970 is written %q", got)
	}
}
