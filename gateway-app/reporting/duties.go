package reporting

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// Duties are the months that platforms must state: *submission.Regulator. Only its app knows what came, and when.
type Duties interface {
	Duties(ctx context.Context, platform string) ([]submission.Duty, error)
}

var dutiesTitle = report.Both("Monthly disclosures against their deadlines", "月度信息披露报送时限情况")

var dutiesNote = report.Both(
	"Days are the ledger's business days, working days those of the packs for loans. What counts is the day on which the first version of the whole month reached the regulator's app. A month without a close is none.",
	"日期均为账本营业日，工作日按借款规则包的节假日表计。以覆盖整月的首个版本送达监管机构接入程序之日为准。当月无收市的，不列示。")

// Submissions reports, at the regulator, of each platform and month whether its disclosure came in time, late, or not at
// all.
func Submissions(m Member, duties Duties) Report {
	return Report{
		ID: "submissions", Words: dutiesTitle, Members: []party.MemberKind{party.Regulator},
		Parameters: append([]Parameter{platformParameter}, spanParameters...),
		Make: func(ctx context.Context, q Query) (report.Document, error) {
			platform, err := m.platform(q)
			if err != nil {
				return report.Document{}, err
			}
			first, last, err := q.span()
			if err != nil {
				return report.Document{}, err
			}
			found, err := duties.Duties(ctx, platform)
			if err != nil {
				return report.Document{}, err
			}
			return report.Document{
				ID: "submissions", Version: 1, Title: dutiesTitle, Currency: money.CNY, AsOf: lookedOn(found), Of: m.of(platform),
				Facts: spanFacts(platform, q), Notes: []report.Words{dutiesNote}, Tables: []report.Table{dutiesTable(within(found, first, last))},
			}, nil
		},
	}
}

// lookedOn is the latest business day that counted.
func lookedOn(list []submission.Duty) calendar.Date {
	var last calendar.Date
	for _, d := range list {
		last = max(last, d.BusinessDay)
	}
	return last
}

// within are the months of a span; a zero day leaves that end open.
func within(list []submission.Duty, first, last calendar.Date) []submission.Duty {
	var asked []submission.Duty
	for _, d := range list {
		month, err := disclosure.ParsePeriod(d.Period)
		if err == nil && month.To >= first && (last.IsZero() || month.From <= last) {
			asked = append(asked, d)
		}
	}
	return asked
}

func dutiesTable(list []submission.Duty) report.Table {
	t := report.Table{
		ID: "months", Title: report.Both("By platform and month", "按平台与月份"),
		Columns: []report.Column{
			report.TextColumn("platform", "Platform", "平台"),
			report.TextColumn("period", "Month", "月份"),
			report.CodedColumn("standing", "Standing", "报送情况"),
			report.DateColumn("due_on", "Due on", "截止日"),
			report.DateColumn("came_on", "Came on", "送达日"),
			report.CountColumn("late_days", "Working days late", "迟延工作日"),
			report.TextColumn("rule", "Rule and version", "规则及版本"),
		},
	}
	for _, d := range list {
		late := report.None()
		if d.LateDays > 0 {
			late = report.Count(d.LateDays)
		}
		t.Rows = append(t.Rows, []report.Value{
			report.Text(d.Platform), report.Text(d.Period), report.Coded(string(d.Standing), d.Standing.Words()),
			report.Day(d.DueOn), report.Day(d.CameOn), late, report.Text(fmt.Sprintf("%s %d", d.Rule, d.RuleVersion)),
		})
	}
	return t
}
