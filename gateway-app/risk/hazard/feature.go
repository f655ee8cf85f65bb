package hazard

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// Feature is one thing that is known of a loan on a date, as a model weighs it.
type Feature struct {
	Name  string
	Words regime.Words
	of    func(view) float64
}

// view is a history as it was known on a date.
type view struct {
	History
	on      calendar.Date
	due     []Row // the rows that were due by then, the last one last
	longest int   // days that the latest of them was late
	late    int   // rows that were late by a day or more
}

func (h History) viewed(on calendar.Date) view {
	v := view{History: h, on: on}
	for _, r := range h.Rows {
		if r.Due > on {
			break
		}
		v.due = append(v.due, r)
		days := r.lateOn(on)
		v.longest = max(v.longest, days)
		if days > 0 {
			v.late++
		}
	}
	return v
}

// The bounds beyond which more days say nothing more, and the units in which a feature is about one.
const (
	mostLastDays    = 60
	mostLongestDays = 90
	daysUnit        = 30.0
	yearMonths      = 12.0
	recentRows      = 3
)

// features are those of every model, in the order of its weights.
var features = []Feature{
	{"past_due", regime.Words{EN: "the oldest unpaid instalment is past due", ZH: "当前逾期天数"}, func(v view) float64 {
		return float64(min(v.PastDueDays(v.on), mostLastDays)) / daysUnit
	}},
	{"last_late", regime.Words{EN: "how late the last instalment was paid", ZH: "最近一期还款延迟"}, func(v view) float64 {
		if len(v.due) == 0 {
			return 0
		}
		return float64(min(v.due[len(v.due)-1].lateOn(v.on), mostLastDays)) / daysUnit
	}},
	{"longest_late", regime.Words{EN: "the longest delay so far", ZH: "历史最长延迟"}, func(v view) float64 {
		return float64(min(v.longest, mostLongestDays)) / daysUnit
	}},
	{"late_share", regime.Words{EN: "the share of instalments paid late", ZH: "延迟还款期数占比"}, func(v view) float64 {
		return float64(v.late) / float64(len(v.due)+1)
	}},
	{"recent_late", regime.Words{EN: "late among the last three instalments", ZH: "最近三期延迟次数"}, func(v view) float64 {
		return float64(v.recentLate()) / recentRows
	}},
	{"ahead", regime.Words{EN: "an instalment was paid in advance", ZH: "已提前还款"}, func(v view) float64 {
		if len(v.due) < len(v.Rows) && v.Rows[len(v.due)].paidBy(v.on) {
			return 1
		}
		return 0
	}},
	{"outstanding", regime.Words{EN: "the share of the principal that is owed", ZH: "剩余本金占比"}, func(v view) float64 {
		return float64(v.OutstandingMinor(v.on)) / float64(max(v.PrincipalMinor, 1))
	}},
	{"elapsed", regime.Words{EN: "how much of the term has passed", ZH: "已过期限占比"}, func(v view) float64 {
		return float64(len(v.due)) / float64(max(len(v.Rows), 1))
	}},
	{"term", regime.Words{EN: "the length of the term", ZH: "借款期限"}, func(v view) float64 {
		return float64(v.TermMonths) / yearMonths
	}},
	{"rate", regime.Words{EN: "the interest rate", ZH: "借款利率"}, func(v view) float64 {
		return float64(v.RatePPM) / float64(money.Million) * 10
	}},
	{"applied", regime.Words{EN: "the probability that the decision gave", ZH: "审批时的违约概率"}, func(v view) float64 {
		if v.ProbabilityPPM <= 0 {
			return 0
		}
		return logOdds(share(v.ProbabilityPPM)) - logOdds(assumedShare)
	}},
}

// recentLate counts the late ones among the last three rows that were due.
func (v view) recentLate() int {
	late := 0
	for _, r := range v.due[max(0, len(v.due)-recentRows):] {
		if r.lateOn(v.on) > 0 {
			late++
		}
	}
	return late
}

// Features answers what was known of a loan on a date, in the order of Names.
func (h History) Features(on calendar.Date) []float64 {
	v := h.viewed(on)
	values := make([]float64, len(features))
	for i, f := range features {
		values[i] = f.of(v)
	}
	return values
}

// Names lists the features in the order of a model's weights.
func Names() []string {
	names := make([]string, len(features))
	for i, f := range features {
		names[i] = f.Name
	}
	return names
}

// share is a number of millionths as a probability strictly between none and certain.
func share(ppm int64) float64 {
	return float64(min(max(ppm, 1), int64(money.Million)-1)) / float64(money.Million)
}

func logOdds(p float64) float64 { return logistic.Log(p) - logistic.Log(1-p) }
