package hazard

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// Start stands in for a model until there is history to fit one. Its rate is the platform's own: the share of its
// loans that went overdue, drawn towards one in twenty as if it had seen twenty loans before, one of them bad.
type Start struct {
	Loans   int // that have run for the horizon at least
	Overdue int // of them, at some day by more than LateDays
}

const (
	assumedShare = .05
	assumedLoans = 20
	assumedBad   = 1
)

// What the rule moves the log-odds by. These are assumptions, not estimates: a late row among the last three doubles
// the odds, fifteen days past due multiply them by e, six rows and more that were all paid in time halve them.
const (
	perLateRow   = .6931471805599453
	perPastDay   = 1.0 / 15
	forPunctual  = -.6931471805599453
	punctualRows = 6
)

// Answer is a probability in millionths and what moved it most, the strongest first.
type Answer struct {
	ProbabilityPPM int64
	Reasons        []Reason
}

// Reason is one thing that moved the log-odds, in millionths, up or down.
type Reason struct {
	Feature string       `json:"feature"`
	Words   regime.Words `json:"words"`
	Moved   int64        `json:"moved_ppm"`
}

var (
	decided  = regime.Words{EN: "the probability that the decision gave", ZH: "审批时的违约概率"}
	lateRows = regime.Words{EN: "late among the last three instalments", ZH: "最近三期延迟次数"}
	pastDue  = regime.Words{EN: "the oldest unpaid instalment is past due", ZH: "当前逾期天数"}
	punctual = regime.Words{EN: "every instalment so far was paid in time", ZH: "历次均按时还款"}
)

// Answer is the chance that the rule gives a loan on a date.
func (s Start) Answer(h History, on calendar.Date) Answer {
	base := (float64(s.Overdue) + assumedBad) / (float64(s.Loans) + assumedLoans)
	odds := logOdds(overHorizon(base, h.TermMonths))
	v := h.viewed(on)
	var moves []move
	if h.ProbabilityPPM > 0 {
		moves = append(moves, move{"applied", decided, logOdds(overHorizon(share(h.ProbabilityPPM), h.TermMonths)) - odds})
	}
	moves = append(moves, move{"recent_late", lateRows, float64(perLateRow * float64(v.recentLate()))},
		move{"past_due", pastDue, float64(perPastDay * float64(min(v.PastDueDays(on), mostLastDays)))})
	if len(v.due) >= punctualRows && v.late == 0 {
		moves = append(moves, move{"punctual", punctual, forPunctual})
	}
	for _, m := range moves { // each is rounded before it is added, so that no processor fuses the two
		odds += m.by
	}
	return answer(odds, moves)
}

// overHorizon is the part of a term's probability that falls on one horizon, if the danger is the same every month.
func overHorizon(p float64, termMonths int) float64 {
	const horizonMonths = HorizonDays / 30.0
	part := min(1, horizonMonths/float64(max(termMonths, 1)))
	return 1 - logistic.Exp(float64(part*logistic.Log(1-p)))
}
