package report_test

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/report"
)

func words(en, zh string) report.Words { return regime.Words{EN: en, ZH: zh} }

func column(id, en, zh string, kind report.Kind) report.Column {
	return report.Column{ID: id, Words: words(en, zh), Kind: kind}
}

// sample is a report with every kind of value, texts that want to be formulas, long texts, and enough rows for a
// second page.
func sample() report.Document {
	d := report.Document{
		ID: "loan-book", Version: 2, Title: words("Loan book of a platform", "平台贷款台账"),
		Currency: money.CNY, AsOf: calendar.NewDate(2026, 3, 31),
		Facts: []report.Fact{
			{ID: "platform", Words: words("Platform", "平台"), Value: report.Text("PlatformAMSP")},
			{ID: "kind", Words: words("Kind of member", "成员类型"), Value: report.Said(words("Online lending platform", "网络借贷信息中介机构"))},
			{ID: "balance", Words: words("Balance lent", "借贷余额"), Value: report.Minor(123_456_789_01)},
			{ID: "loans", Words: words("Loans running", "在贷笔数"), Value: report.Count(1_234)},
			{ID: "overdue_rate", Words: words("Overdue rate by amount", "金额逾期率"), Value: report.PPM(12_345)},
			{ID: "first", Words: words("First loan", "首笔贷款"), Value: report.Day(calendar.NewDate(2024, 2, 29))},
			{ID: "compensated", Words: words("Compensated", "代偿金额"), Value: report.None()},
		},
		Notes: []report.Words{
			words("Amounts are what the ledger says at the close of the day. An amount that is owed and not paid counts as overdue from the day after it was due.",
				"金额以账本当日日终余额为准。应付未付的金额自到期日次日起计为逾期。"),
			words("A rate is shown with two to four decimal places and never rounded.", "比率保留两至四位小数，不作四舍五入。"),
		},
	}
	d.Tables = append(d.Tables, sampleLoans(), report.Table{
		ID: "refusals", Title: words("Refusals", "拒绝记录"),
		Columns: []report.Column{column("reason", "Reason", "原因", report.KindText), column("times", "Times", "次数", report.KindCount)},
	})
	return d
}

func sampleLoans() report.Table {
	t := report.Table{
		ID: "loans", Title: words("Loans", "贷款明细"),
		Columns: []report.Column{
			column("loan", "Loan", "贷款编号", report.KindText),
			column("purpose", "Purpose", "用途", report.KindText),
			column("lent_on", "Lent on", "放款日", report.KindDate),
			column("principal", "Principal", "本金", report.KindMinor),
			column("rate", "Rate a year", "年利率", report.KindPPM),
			column("overdue_days", "Days overdue", "逾期天数", report.KindCount),
		},
	}
	purposes := []report.Value{
		report.Said(words("Working capital for a restaurant, to be repaid from its daily takings", "餐馆流动资金，以每日营业收入偿还，按月等额本息")),
		report.Text("=HYPERLINK(\"x\")"), report.Text("设备采购 Equipment, \"new\""), report.None(),
	}
	sum := money.Minor(0)
	for i := range 45 {
		principal := money.Minor(1_000_00 + i*i*777_13)
		sum += principal
		t.Rows = append(t.Rows, []report.Value{
			report.Text(fmt.Sprintf("L-2026-%04d", i+1)), purposes[i%len(purposes)],
			report.Day(calendar.NewDate(2025, 1, 1).AddDays(i * 9)), report.Minor(principal),
			report.PPM(money.PPM(80_000 + i*1_250)), report.Count(int64(i % 7 * 13)),
		})
	}
	t.Total = []report.Value{report.Total(), report.None(), report.None(), report.Minor(sum), report.None(), report.None()}
	return t
}
