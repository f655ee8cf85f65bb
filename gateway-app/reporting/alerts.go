package reporting

import (
	"context"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// AlertTallies are what became of alerts: *alert.Alerts.
type AlertTallies interface {
	Summary(ctx context.Context, from, to calendar.Date) ([]alert.Tally, error)
}

// Alerts reports what became of transaction alerts, by month and rule. It stands for no customer, and is for the same
// officers as the alerts.
func Alerts(m Member, books Rulebook, tallies AlertTallies) Report {
	return Report{
		ID:         "alerts",
		Words:      report.Both("Transaction alerts", "交易预警处理情况"),
		Members:    []party.MemberKind{party.Custodian, party.Platform, party.Regulator},
		Parameters: spanParameters,
		Make:       func(ctx context.Context, q Query) (report.Document, error) { return alerts(ctx, m, books, tallies, q) },
	}
}

func alerts(ctx context.Context, m Member, books Rulebook, tallies AlertTallies, q Query) (report.Document, error) {
	from, to, err := q.span()
	if err != nil {
		return report.Document{}, err
	}
	b, err := newBasis(ctx, m, books, "", "")
	if err != nil {
		return report.Document{}, err
	}
	list, err := tallies.Summary(ctx, from, to)
	if err != nil {
		return report.Document{}, err
	}
	return report.Document{
		ID: "alerts", Version: 1, Title: report.Both("Transaction alerts", "交易预警处理情况"),
		Currency: b.currency, AsOf: b.latest, Facts: spanFacts("", q), Of: m.of(""),
		Tables: []report.Table{b.alertTable(list)},
		Notes: []report.Words{{
			EN: "Months are those of the business date. Time to an outcome is from the alert to its dismissal or report, in whole minutes, rounded down.",
			ZH: "月份按业务日统计。处理时长自预警产生至排除或上报，以整分钟计，向下取整。",
		}},
	}, nil
}

func (b basis) alertTable(list []alert.Tally) report.Table {
	count := func(id, en, zh string) report.Column {
		return report.Column{ID: id, Words: report.Words{EN: en, ZH: zh}, Kind: report.KindCount}
	}
	t := report.Table{
		ID: "outcomes", Title: report.Both("What became of alerts", "预警处理结果"),
		Columns: []report.Column{
			report.TextColumn("month", "Month", "月份"),
			report.CodedColumn("rule", "Rule", "规则"),
			count("open", "Open", "待处理"), count("escalated", "Escalated", "已升级"),
			count("dismissed", "Dismissed", "已排除"), count("reported", "Reported", "已上报"),
			count("mean_minutes", "Minutes to an outcome, mean", "平均处理分钟数"), count("longest_minutes", "Minutes to an outcome, longest", "最长处理分钟数"),
		},
	}
	for _, one := range list {
		mean, longest := report.None(), report.None()
		if closed := one.Closed(); closed > 0 {
			mean = report.Count(int64(one.Closing/time.Minute) / closed)
			longest = report.Count(int64(one.Longest / time.Minute))
		}
		t.Rows = append(t.Rows, []report.Value{
			report.Text(one.Month), b.rule(one.Rule), report.Count(one.Counts[alert.Open]), report.Count(one.Counts[alert.Escalated]),
			report.Count(one.Counts[alert.Dismissed]), report.Count(one.Counts[alert.Reported]), mean, longest,
		})
	}
	t.Total = totalOf(t, "open", "escalated", "dismissed", "reported")
	return t
}
