// Package fairness says how a model's decisions fell on groups of people: by sex, age, marriage or nationality,
// which no model may read, but whose groups a fair lender must look at.
//
// The rule: decisions are compared group by group with the outcomes that are known. The adverse impact ratio is
// a group's approval rate over that of the group approved most often; below four fifths it asks for an
// explanation (the four-fifths rule: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D),
// which lenders' examiners borrow). False refusals are good rows refused, as a share of the good rows: equal
// opportunity wants them alike (Hardt, Price and Srebro 2016). A group of fewer rows than asked for is shown and
// not judged: its figures are chance.
//
// The package never decides anything, never changes a decision, and reports protected fields only: a report
// about another field would say nothing that the law asks.
package fairness

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
)

// FourFifths is the adverse impact ratio below which a group's figures ask for an explanation.
const FourFifths = .8

// Group is how one group fared. AUC is absent where all its outcomes are alike, and AdverseImpact where the
// group is too small to be judged.
type Group struct {
	Name             string   `json:"name"`
	Rows             int      `json:"rows"`
	Approved         int      `json:"approved"`
	Bad              int      `json:"bad"`
	ApprovalRate     float64  `json:"approval_rate"`
	BadRate          float64  `json:"bad_rate"`
	ApprovedBadRate  float64  `json:"approved_bad_rate"`
	FalseRefusalRate float64  `json:"false_refusal_rate"`
	MeanProbability  float64  `json:"mean_probability"`
	AUC              *float64 `json:"auc,omitempty"`
	AdverseImpact    *float64 `json:"adverse_impact,omitempty"`
	Flagged          bool     `json:"flagged"`
}

// Report is one protected field. Reference is the judged group that was approved most often.
type Report struct {
	Field     string        `json:"field"`
	Label     *dataset.Text `json:"label,omitempty"`
	LeastRows int           `json:"least_rows"`
	Reference string        `json:"reference"`
	Groups    []Group       `json:"groups"`
	Flagged   bool          `json:"flagged"`
}

// Decisions are what a model and its rules said of every row of a table.
type Decisions struct {
	Probabilities []float64
	Approved      []bool
}

// ReportAll reports on every protected field of the table's schema, in its order.
func ReportAll(t *dataset.Table, d Decisions, leastRows int) ([]Report, error) {
	var reports []Report
	for _, field := range t.Fields() {
		if !field.Protected {
			continue
		}
		report, err := ReportOn(t, field.Name, d, leastRows)
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}

// ReportOn reports on one protected field. Groups stand in the order of bands, or of levels by name; what is
// missing is a group of its own, first.
func ReportOn(t *dataset.Table, name string, d Decisions, leastRows int) (Report, error) {
	at := slices.IndexFunc(t.Fields(), func(c dataset.Column) bool { return c.Name == name })
	if at < 0 || !t.Fields()[at].Protected {
		return Report{}, fmt.Errorf("report on fairness: %s is no protected field of schema %s; mark it there", name, t.Schema().Name)
	}
	if t.Bad() == nil || len(d.Probabilities) != t.Rows() || len(d.Approved) != t.Rows() {
		return Report{}, errors.New("report on fairness: a known outcome, a probability and a decision are needed for every row")
	}
	field := t.Fields()[at]
	names, members, err := groupsOf(t, field)
	if err != nil {
		return Report{}, fmt.Errorf("report on fairness: %w", err)
	}
	report := Report{Field: name, Label: field.Label, LeastRows: leastRows}
	for i, rows := range members {
		if len(rows) > 0 {
			report.Groups = append(report.Groups, measure(names[i], rows, t.Bad(), d))
		}
	}
	report.judge()
	return report, nil
}

func groupsOf(t *dataset.Table, field dataset.Column) ([]string, [][]int, error) {
	if field.Kind == dataset.Number {
		return bandsOf(t, field)
	}
	words, err := t.Words(field.Name)
	if err != nil {
		return nil, nil, err
	}
	names := slices.Compact(slices.Sorted(slices.Values(words)))
	members := make([][]int, len(names))
	for row, word := range words {
		at, _ := slices.BinarySearch(names, word)
		members[at] = append(members[at], row)
	}
	if names[0] == "" {
		names[0] = "missing"
	}
	return names, members, nil
}

// bandsOf cuts a number where the schema says; a band begins with its cut.
func bandsOf(t *dataset.Table, field dataset.Column) ([]string, [][]int, error) {
	numbers, err := t.Numbers(field.Name)
	if err != nil {
		return nil, nil, err
	}
	if len(field.Bands) == 0 {
		return nil, nil, fmt.Errorf("the schema cuts %s into no bands; list their beginnings", field.Name)
	}
	names := []string{"missing", fmt.Sprintf("below %v", field.Bands[0])}
	for i, cut := range field.Bands {
		if i+1 < len(field.Bands) {
			names = append(names, fmt.Sprintf("%v to below %v", cut, field.Bands[i+1]))
		} else {
			names = append(names, fmt.Sprintf("from %v", cut))
		}
	}
	members := make([][]int, len(names))
	for row, number := range numbers {
		at := 0
		if !math.IsNaN(number) {
			at = 1
			for at <= len(field.Bands) && number >= field.Bands[at-1] {
				at++
			}
		}
		members[at] = append(members[at], row)
	}
	return names, members, nil
}

func measure(name string, rows []int, outcomes []bool, d Decisions) Group {
	g := Group{Name: name, Rows: len(rows)}
	probabilities, bad := make([]float64, len(rows)), make([]bool, len(rows))
	approvedBad, refusedGood := 0, 0
	for i, row := range rows {
		probabilities[i], bad[i] = d.Probabilities[row], outcomes[row]
		g.MeanProbability += probabilities[i]
		if bad[i] {
			g.Bad++
		}
		switch {
		case d.Approved[row]:
			g.Approved++
			if bad[i] {
				approvedBad++
			}
		case !bad[i]:
			refusedGood++
		}
	}
	g.MeanProbability /= float64(g.Rows)
	g.ApprovalRate, g.BadRate = share(g.Approved, g.Rows), share(g.Bad, g.Rows)
	g.ApprovedBadRate, g.FalseRefusalRate = share(approvedBad, g.Approved), share(refusedGood, g.Rows-g.Bad)
	if auc, err := evaluation.AUC(probabilities, bad); err == nil {
		g.AUC = &auc
	}
	return g
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// judge compares the groups that are large enough with the one approved most often.
func (r *Report) judge() {
	best := -1
	for i, g := range r.Groups {
		if g.Rows >= r.LeastRows && (best < 0 || g.ApprovalRate > r.Groups[best].ApprovalRate) {
			best = i
		}
	}
	if best < 0 || r.Groups[best].Approved == 0 {
		return
	}
	r.Reference = r.Groups[best].Name
	for i := range r.Groups {
		g := &r.Groups[i]
		if g.Rows < r.LeastRows {
			continue
		}
		impact := g.ApprovalRate / r.Groups[best].ApprovalRate
		g.AdverseImpact, g.Flagged = &impact, impact < FourFifths
		r.Flagged = r.Flagged || g.Flagged
	}
}

// String is the report as a terminal shows it.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: compared with %s; groups below %d rows are not judged\n", r.Field, r.Reference, r.LeastRows)
	fmt.Fprintf(&b, "  %-16s %7s %9s %8s %13s %7s %8s\n", "group", "rows", "approved", "bad", "false refusal", "AUC", "impact")
	for _, g := range r.Groups {
		flag := ""
		if g.Flagged {
			flag = "  below four fifths"
		}
		fmt.Fprintf(&b, "  %-16s %7d %9.4f %8.4f %13.4f %7s %8s%s\n", g.Name, g.Rows, g.ApprovalRate, g.BadRate,
			g.FalseRefusalRate, figure(g.AUC), figure(g.AdverseImpact), flag)
	}
	return b.String()
}

func figure(number *float64) string {
	if number == nil {
		return "–"
	}
	return fmt.Sprintf("%.4f", *number)
}
