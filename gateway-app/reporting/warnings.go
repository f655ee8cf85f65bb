package reporting

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// Watched is what a watch over lent loans has counted: *warning.Watch.
type Watched interface {
	ByBand(ctx context.Context) ([]warning.InBand, error)
	Counts(ctx context.Context, from, through string) ([]warning.Count, error)
}

var warningsTitle = report.Both("Early warnings", "贷后预警")

// Warnings reports how likely a platform's running loans are to go overdue, by band and grade, and what came of the
// warnings of each rule and month.
func Warnings(m Member, books Rulebook, watch Watched) Report {
	return Report{
		ID: "warnings", Words: warningsTitle, Members: []party.MemberKind{party.Platform},
		Parameters: spanParameters,
		Make:       func(ctx context.Context, q Query) (report.Document, error) { return warnings(ctx, m, books, watch, q) },
	}
}

var warningsNote = report.Both(
	"A probability is that of being overdue by more than 30 days within the next 90. A warning is known to be right once that has come, and to be wrong once the 90 days have passed without it; the hit rate is of those that are known.",
	"概率指未来九十日内逾期超过三十日的可能性。九十日内发生即为命中，期满未发生即为未命中；命中率按已有结论的预警计算。")

func warnings(ctx context.Context, m Member, books Rulebook, watch Watched, q Query) (report.Document, error) {
	first, last, err := q.span()
	if err != nil {
		return report.Document{}, err
	}
	b, err := newBasis(ctx, m, books, "", "")
	if err != nil {
		return report.Document{}, err
	}
	bands, err := watch.ByBand(ctx)
	if err != nil {
		return report.Document{}, err
	}
	counts, err := watch.Counts(ctx, first.String(), last.String())
	if err != nil {
		return report.Document{}, err
	}
	d := b.document(m, "", "warnings", warningsTitle, spanFacts("", q))
	d.Tables = []report.Table{bandTable(bands), b.hitTable(counts)}
	d.Notes = []report.Words{warningsNote}
	return d, nil
}

var bandWords = map[warning.Band]report.Words{
	warning.Calm:     {EN: "calm: below 5 %", ZH: "平稳：低于5%"},
	warning.Guarded:  {EN: "guarded: from 5 %", ZH: "关注：5%起"},
	warning.Elevated: {EN: "elevated: from 15 %", ZH: "偏高：15%起"},
	warning.Acute:    {EN: "acute: from 40 %", ZH: "紧急：40%起"},
	warning.Settled:  {EN: "settled", ZH: "已结束"},
}

func bandTable(list []warning.InBand) report.Table {
	order := warning.Bands()
	slices.SortFunc(list, func(a, b warning.InBand) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Band), slices.Index(order, b.Band)), strings.Compare(a.Grade, b.Grade))
	})
	t := report.Table{
		ID: "bands", Title: report.Both("Loans by band and grade", "按预警区间与等级"),
		Columns: []report.Column{
			report.CodedColumn("band", "Band", "区间"),
			report.TextColumn("grade", "Grade", "等级"),
			report.CountColumn("loans", "Loans", "笔数"),
			report.MinorColumn("owed", "Principal owed", "本金余额"),
		},
	}
	for _, b := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Coded(string(b.Band), bandWords[b.Band]), report.Text(b.Grade), report.Count(b.Loans), report.Minor(money.Minor(b.OutstandingMinor)),
		})
	}
	t.Total = totalOf(t, "loans", "owed")
	return t
}

func (b basis) hitTable(list []warning.Count) report.Table {
	t := report.Table{
		ID: "rules", Title: report.Both("Warnings by month and rule", "按月份与规则"),
		Columns: []report.Column{
			report.TextColumn("month", "Month", "月份"),
			report.CodedColumn("rule", "Rule", "规则"),
			report.CountColumn("raised", "Raised", "预警数"),
			report.CountColumn("open", "Open", "未处理"),
			report.CountColumn("known", "Known", "已有结论"),
			report.CountColumn("overdue", "Then overdue", "随后逾期"),
			report.PPMColumn("hit_rate", "Hit rate", "命中率"),
		},
	}
	var all warning.Count
	for _, c := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(c.Month), b.rule(c.Rule), report.Count(c.Raised), report.Count(c.Open), report.Count(c.Known),
			report.Count(c.Overdue), ratio(c.Overdue, c.Known),
		})
		all.Known, all.Overdue = all.Known+c.Known, all.Overdue+c.Overdue
	}
	if t.Total = totalOf(t, "raised", "open", "known", "overdue"); t.Total != nil {
		t.Total[len(t.Total)-1] = ratio(all.Overdue, all.Known)
	}
	return t
}
