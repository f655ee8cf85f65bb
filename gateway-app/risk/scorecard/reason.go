package scorecard

import (
	"cmp"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

// Part is what one variable added to a score.
type Part struct {
	Field  string        `json:"field"`
	Label  *dataset.Text `json:"label,omitempty"`
	Bin    Bin           `json:"bin"`
	Points int           `json:"points"`
	Mean   float64       `json:"mean"`
	Best   int           `json:"best"`
}

// Explain lists what every variable added; base points and parts sum to the score.
func (s *Scorecard) Explain(record dataset.Record) []Part {
	fields := s.Schema.Fields()
	parts := make([]Part, len(s.Variables))
	for i := range s.Variables {
		v := &s.Variables[i]
		bin := v.find(record[s.from[i]])
		parts[i] = Part{
			Field: v.Field, Label: fields[s.from[i]].Label, Bin: *bin,
			Points: bin.Points, Mean: v.MeanPoints, Best: v.BestPoints,
		}
	}
	return parts
}

// Yardstick is what points lost are counted from.
type Yardstick string

// The yardsticks: what the variable could give at best, and what it gives on average.
const (
	Best Yardstick = "best"
	Mean Yardstick = "mean"
)

// Cost is a reason and the points that it cost: those of all variables that share its code.
type Cost struct {
	Reason dataset.Reason `json:"reason"`
	Points float64        `json:"points"`
	Fields []string       `json:"fields"`
}

// Reasons are the reasons that cost most points, most first, no more than asked for; equal costs stand in the
// order of their codes. A reason that cost nothing is none. A variable whose field has no reason in the schema
// is told under its own name.
func (s *Scorecard) Reasons(record dataset.Record, against Yardstick, most int) []Cost {
	fields := s.Schema.Fields()
	var costs []Cost
	for i := range s.Variables {
		v := &s.Variables[i]
		lost := v.MeanPoints
		if against == Best {
			lost = float64(v.BestPoints)
		}
		lost -= float64(v.find(record[s.from[i]]).Points)
		costs = addCost(costs, reasonOf(fields[s.from[i]]), v.Field, lost)
	}
	costs = slices.DeleteFunc(costs, func(c Cost) bool { return c.Points <= 0 })
	slices.SortFunc(costs, func(a, b Cost) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), cmp.Compare(a.Reason.Code, b.Reason.Code))
	})
	return costs[:min(most, len(costs))]
}

func reasonOf(field dataset.Column) dataset.Reason {
	if field.Reason != nil {
		return *field.Reason
	}
	return dataset.Reason{Code: field.Name, Text: dataset.Text{ZH: field.Name, EN: field.Name}}
}

// addCost adds gains too: a variable that is better than the yardstick makes up for one of the same reason that
// is worse.
func addCost(costs []Cost, reason dataset.Reason, field string, points float64) []Cost {
	at := slices.IndexFunc(costs, func(c Cost) bool { return c.Reason.Code == reason.Code })
	if at < 0 {
		costs, at = append(costs, Cost{Reason: reason}), len(costs)
	}
	costs[at].Points += points
	costs[at].Fields = append(costs[at].Fields, field)
	return costs
}
