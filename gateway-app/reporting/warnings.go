package reporting

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/fault"
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

var warningsTitle = report.Words{EN: "Early warnings", ZH: "贷后预警"}

// Warnings reports how likely a platform's running loans are to go overdue, by band and grade, and what came of the
// warnings of each rule and month.
func Warnings(m Member, books Rulebook, watch Watched) Report {
	return Report{
		ID: "warnings", Words: warningsTitle, Members: []party.MemberKind{party.Platform},
		Parameters: []Parameter{
			{Name: "from", Words: report.Words{EN: "Warnings from this month on; without it, from the beginning", ZH: "预警起始月份，缺省自始"}, Kind: KindMonth},
			{Name: "to", Words: report.Words{EN: "Warnings until this month; without it, to the end", ZH: "预警截止月份，缺省至今"}, Kind: KindMonth},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) { return warnings(ctx, m, books, watch, q) },
	}
}

func warnings(ctx context.Context, m Member, books Rulebook, watch Watched, q Query) (report.Document, error) {
	first, _ := q.Month("from")
	_, last := q.Month("to")
	if !last.IsZero() && first > last {
		return report.Document{}, fault.In(fault.InvalidField, "to")
	}
	b, err := newBasis(ctx, m, books, "")
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
	return report.Document{
		ID: "warnings", Version: 1, Title: warningsTitle, Currency: b.currency(), AsOf: b.latest, Facts: spanFacts("", q), Of: m.of(""),
		Tables: []report.Table{bandTable(bands), hitTable(counts)},
		Notes: []report.Words{{
			EN: "A probability is that of being overdue by more than 30 days within the next 90. A warning is known to be right once that has come, and to be wrong once the 90 days have passed without it; the hit rate is of those that are known.",
			ZH: "概率指未来九十日内逾期超过三十日的可能性。九十日内发生即为命中，期满未发生即为未命中；命中率按已有结论的预警计算。",
		}},
	}, nil
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
		ID: "bands", Title: report.Words{EN: "Loans by band and grade", ZH: "按预警区间与等级"},
		Columns: []report.Column{
			{ID: "band", Words: report.Words{EN: "Band", ZH: "区间"}, Kind: report.KindText},
			{ID: "grade", Words: report.Words{EN: "Grade", ZH: "等级"}, Kind: report.KindText},
			{ID: "loans", Words: report.Words{EN: "Loans", ZH: "笔数"}, Kind: report.KindCount},
			{ID: "owed", Words: report.Words{EN: "Principal owed", ZH: "本金余额"}, Kind: report.KindMinor},
		},
	}
	for _, b := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Said(bandWords[b.Band]), report.Text(b.Grade), report.Count(b.Loans), report.Minor(money.Minor(b.OutstandingMinor)),
		})
	}
	t.Total = totalOf(t, "loans", "owed")
	return t
}

func hitTable(list []warning.Count) report.Table {
	t := report.Table{
		ID: "rules", Title: report.Words{EN: "Warnings by month and rule", ZH: "按月份与规则"},
		Columns: []report.Column{
			{ID: "month", Words: report.Words{EN: "Month", ZH: "月份"}, Kind: report.KindText},
			{ID: "rule", Words: report.Words{EN: "Rule", ZH: "规则"}, Kind: report.KindText},
			{ID: "raised", Words: report.Words{EN: "Raised", ZH: "预警数"}, Kind: report.KindCount},
			{ID: "open", Words: report.Words{EN: "Open", ZH: "未处理"}, Kind: report.KindCount},
			{ID: "known", Words: report.Words{EN: "Known", ZH: "已有结论"}, Kind: report.KindCount},
			{ID: "overdue", Words: report.Words{EN: "Then overdue", ZH: "随后逾期"}, Kind: report.KindCount},
			{ID: "hit_rate", Words: report.Words{EN: "Hit rate", ZH: "命中率"}, Kind: report.KindPPM},
		},
	}
	var all warning.Count
	for _, c := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(c.Month), report.Text(c.Rule), report.Count(c.Raised), report.Count(c.Open), report.Count(c.Known),
			report.Count(c.Overdue), ratio(c.Overdue, c.Known),
		})
		all.Known, all.Overdue = all.Known+c.Known, all.Overdue+c.Overdue
	}
	if t.Total = totalOf(t, "raised", "open", "known", "overdue"); t.Total != nil {
		t.Total[len(t.Total)-1] = ratio(all.Overdue, all.Known)
	}
	return t
}
