// Package suitability asks a lender what it can bear and puts it into one of six classes.
//
// The rule follows the practice of the trade in China. Article 26 of the interim measures on network
// lending (2016) wants age, finances, experience, preference and capacity for risk assessed, no service
// to those who are not, and limits by class. The measures on suitability of securities and futures
// investors (2017) and the fund association's guide to them divide ordinary investors into five types, C1
// to C5, and products into five risks, R1 to R5, and set professional investors apart: classes 1 to 5
// are C1 to C5, and class 6 is who answers as a professional would, with the income and the experience
// that the measures ask for, whose proof the platform keeps. Wealth products of banks (2018) want the
// assessment anew after a year. All as configured here, not as legal advice.
//
// A class admits products up to its own number, class 6 no more than class 5; what sets the sixth apart
// is the limit that a platform's policy gives each class. The points say how much somebody can bear, the
// bars say what no points can make good.
//
// Age and income are asked here because the measures name them. They never reach a model of credit: a
// lender is not scored, and this package knows no borrower.
//
// The package never reads a clock and keeps nothing.
package suitability

import (
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
)

// Version names the questions with their points. It changes when any of them does.
const Version = "suitability/1"

// ErrAnswers is a questionnaire that is not answered as asked.
var ErrAnswers = errors.New("the questionnaire is not answered")

// AnswerError is a question that has no answer, or none of its options.
type AnswerError struct{ Question string }

// Error names the question.
func (e *AnswerError) Error() string { return "question " + e.Question + ": " + ErrAnswers.Error() }

// Unwrap is ErrAnswers.
func (e *AnswerError) Unwrap() error { return ErrAnswers }

// Question is one question, in two languages, with its answers from the most careful to the boldest.
type Question struct {
	ID      string   `json:"id"`
	English string   `json:"en"`
	Chinese string   `json:"zh"`
	Options []Option `json:"options"`
}

// Option is one answer.
type Option struct {
	English string `json:"en"`
	Chinese string `json:"zh"`
	Points  int    `json:"points"`
	// MostClass is the highest class that this answer leaves open, whatever the points; 0 leaves all.
	MostClass int `json:"most_class,omitempty"`
}

// Answers are the numbers of the options chosen, from 0, by the questions' ids.
type Answers map[string]int

// Assessment is the outcome.
type Assessment struct {
	Version string        `json:"version"`
	Points  int           `json:"points"`
	Class   int           `json:"class"`
	On      calendar.Date `json:"on"`
	Through calendar.Date `json:"through"`        // the last day on which it holds
	Bars    []string      `json:"bars,omitempty"` // questions whose answers kept the class down
	// Contradictions are pairs of answers that somebody should talk to the lender about. They change no
	// class by themselves.
	Contradictions []string `json:"contradictions,omitempty"`
}

// thresholds are the least points of classes 2 to 6.
var thresholds = []int{20, 36, 52, 68, 84}

// Assess puts a lender into a class. Every question wants one answer, and nothing else is taken.
func Assess(answers Answers, on calendar.Date) (Assessment, error) {
	if on.IsZero() {
		return Assessment{}, fmt.Errorf("assess without a date: %w", ErrAnswers)
	}
	if len(answers) > len(questions) {
		return Assessment{}, fmt.Errorf("%d answers to %d questions: %w", len(answers), len(questions), ErrAnswers)
	}
	a := Assessment{Version: Version, On: on, Through: on.AddMonths(12).AddDays(-1)}
	most := len(thresholds) + 1
	for _, q := range questions {
		chosen, answered := answers[q.ID]
		if !answered || chosen < 0 || chosen >= len(q.Options) {
			return Assessment{}, &AnswerError{q.ID}
		}
		option := q.Options[chosen]
		a.Points += option.Points
		if option.MostClass > 0 {
			most = min(most, option.MostClass)
		}
	}
	byPoints := classOf(a.Points)
	a.Class = min(byPoints, most)
	a.Bars = barred(answers, byPoints)
	a.Contradictions = contradictions(answers)
	return a, nil
}

func classOf(points int) int {
	class := 1
	for _, least := range thresholds {
		if points >= least {
			class++
		}
	}
	return class
}

// barred names the questions whose answers leave less open than the points would.
func barred(answers Answers, byPoints int) []string {
	var names []string
	for _, q := range questions {
		if most := q.Options[answers[q.ID]].MostClass; most > 0 && most < byPoints {
			names = append(names, q.ID)
		}
	}
	return names
}

// HoldsOn reports whether the assessment still counts on a day.
func (a Assessment) HoldsOn(on calendar.Date) bool {
	return a.Class > 0 && a.On <= on && on <= a.Through
}

// Admits reports whether a product of a risk from 1 to 5 suits a class.
func Admits(class, risk int) bool { return risk >= 1 && risk <= 5 && class >= risk }

// Questions is the questionnaire as it is shown.
func Questions() []Question {
	list := make([]Question, len(questions))
	for i, q := range questions {
		q.Options = append([]Option(nil), q.Options...)
		list[i] = q
	}
	return list
}
