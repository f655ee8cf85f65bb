package suitability_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/matching/suitability"
)

var today = calendar.NewDate(2016, 2, 29)

// boldest answers every question with its last option.
func boldest() suitability.Answers {
	answers := suitability.Answers{}
	for _, q := range suitability.Questions() {
		answers[q.ID] = len(q.Options) - 1
	}
	return answers
}

func assess(t *testing.T, answers suitability.Answers) suitability.Assessment {
	t.Helper()
	a, err := suitability.Assess(answers, today)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPointsMakeAClass(t *testing.T) {
	if a := assess(t, boldest()); a.Class != matching.Classes || a.Points != 100 || a.Bars != nil || a.Contradictions != nil {
		t.Errorf("%+v", a)
	}
	most := suitability.Answers{}
	for _, q := range suitability.Questions() {
		most[q.ID] = 0
	}
	if a := assess(t, most); a.Class != 1 || a.Points != 0 {
		t.Errorf("%+v", a)
	}
	middling := suitability.Answers{}
	for _, q := range suitability.Questions() {
		middling[q.ID] = len(q.Options) - 2
	}
	middling["knowledge"] = 3
	if a := assess(t, middling); a.Class != 5 || a.Points != 73 {
		t.Errorf("%+v", a)
	}
}

func TestNoPointsMakeGoodABar(t *testing.T) {
	for question, want := range map[string]int{
		"age": 2, "income": 3, "debts": 2, "share": 3, "experience": 3, "knowledge": 1, "horizon": 1, "purpose": 2, "loss": 1,
	} {
		answers := boldest()
		answers[question] = 0
		if a := assess(t, answers); a.Class != want || !slices.Contains(a.Bars, question) {
			t.Errorf("%s: %+v", question, a)
		}
	}
}

func TestContradictionsAreNamed(t *testing.T) {
	answers := boldest()
	answers["experience"], answers["loss"] = 0, 0
	if a := assess(t, answers); !slices.Equal(a.Contradictions, []string{"experience, products", "loss, purpose"}) {
		t.Errorf("%+v", a)
	}
}

func TestAnAssessmentHoldsForAYear(t *testing.T) {
	a := assess(t, boldest())
	last := calendar.NewDate(2017, 2, 27)
	if a.Through != last || !a.HoldsOn(last) || a.HoldsOn(last.AddDays(1)) || a.HoldsOn(today.AddDays(-1)) {
		t.Errorf("holds through %s", a.Through)
	}
}

func TestEveryQuestionWantsOneAnswer(t *testing.T) {
	for name, spoil := range map[string]func(suitability.Answers){
		"one missing": func(a suitability.Answers) { delete(a, "age") },
		"one too many": func(a suitability.Answers) {
			a["height"] = 1
		},
		"another question": func(a suitability.Answers) { delete(a, "age"); a["height"] = 1 },
		"no such option":   func(a suitability.Answers) { a["age"] = 9 },
		"below the first":  func(a suitability.Answers) { a["age"] = -1 },
	} {
		answers := boldest()
		spoil(answers)
		if _, err := suitability.Assess(answers, today); !errors.Is(err, suitability.ErrAnswers) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := suitability.Assess(boldest(), 0); !errors.Is(err, suitability.ErrAnswers) {
		t.Errorf("without a date: %v", err)
	}
}

// An answer that earns more points never lowers the class by them, and the class is always one of six.
func TestMorePointsAreNeverALowerClass(t *testing.T) {
	questions := suitability.Questions()
	rapid.Check(t, func(t *rapid.T) {
		answers := suitability.Answers{}
		for _, q := range questions {
			answers[q.ID] = rapid.IntRange(0, len(q.Options)-1).Draw(t, q.ID)
		}
		before, err := suitability.Assess(answers, today)
		if err != nil || before.Class < 1 || before.Class > matching.Classes {
			t.Fatalf("%+v, %v", before, err)
		}
		q := rapid.SampledFrom(questions).Draw(t, "question")
		better := maps.Clone(answers)
		better[q.ID] = len(q.Options) - 1
		after, err := suitability.Assess(better, today)
		if err != nil || after.Class < before.Class || after.Points < before.Points {
			t.Fatalf("%+v, then %+v, %v", before, after, err)
		}
	})
}

// What the matcher takes for suitable is what the questionnaire promises.
func TestTheMatcherAgreesOnWhatSuits(t *testing.T) {
	for class := 1; class <= matching.Classes; class++ {
		for risk := 1; risk <= matching.Risks; risk++ {
			l := matching.Lender{ID: "p", Class: class}
			m := matching.Mandate{MaxInstalments: 12}
			r := matching.Request{Risk: risk, Instalments: 12, Deadline: today}
			unsuitable := matching.Misfit(l, m, r, today) == matching.RiskAboveClass
			if unsuitable == suitability.Admits(class, risk) {
				t.Errorf("class %d, risk %d: the matcher and the questionnaire disagree", class, risk)
			}
		}
	}
}
