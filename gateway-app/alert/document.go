package alert

import (
	"fmt"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// Document is the report as it is handed to the authority: the alert, the officer's words, and the movements that led
// to it. Whom the handle stands for the custodian adds by its own means.
func (r SuspicionReport) Document(currency money.Currency) report.Document {
	a := r.Dossier.Alert
	d := report.Document{
		ID: "suspicion", Version: 1, Currency: currency, AsOf: a.On,
		Title: report.Words{EN: "Suspicious-transaction report", ZH: "可疑交易报告"},
		Facts: []report.Fact{
			{ID: "number", Words: report.Words{EN: "number", ZH: "编号"}, Value: report.Count(r.Number)},
			{ID: "party", Words: report.Words{EN: "subject", ZH: "主体"}, Value: report.Reference(r.Party)},
			{ID: "alert", Words: report.Words{EN: "alert", ZH: "预警"}, Value: report.Reference(a.ID)},
			{ID: "rule", Words: report.Words{EN: "rule", ZH: "规则"}, Value: report.Text(fmt.Sprintf("%s v%d (%s)", a.Rule, a.RuleVersion, a.Pack))},
			{ID: "found_on", Words: report.Words{EN: "found on", ZH: "发现日期"}, Value: report.Day(a.On)},
			{ID: "due_on", Words: report.Words{EN: "to be reported by", ZH: "报告期限"}, Value: report.Day(a.DueOn)},
			{ID: "made_by", Words: report.Words{EN: "officer", ZH: "经办人"}, Value: report.Reference(r.MadeBy)},
			{ID: "made_at", Words: report.Words{EN: "made at", ZH: "生成时间"}, Value: report.Text(r.MadeAt)},
		},
		Tables: []report.Table{r.movements()},
		Notes:  []report.Words{{EN: r.Narrative, ZH: r.Narrative}},
	}
	return d
}

func (r SuspicionReport) movements() report.Table {
	t := report.Table{
		ID: "movements", Title: report.Words{EN: "Movements", ZH: "资金交易"},
		Columns: []report.Column{
			{ID: "date", Words: report.Words{EN: "business date", ZH: "业务日期"}, Kind: report.KindDate},
			{ID: "kind", Words: report.Words{EN: "kind", ZH: "类型"}, Kind: report.KindText},
			{ID: "amount", Words: report.Words{EN: "amount", ZH: "金额"}, Kind: report.KindMinor},
			{ID: "subject", Words: report.Words{EN: "instruction or loan", ZH: "指令或借款"}, Kind: report.KindText},
		},
	}
	for _, m := range r.Dossier.Evidence {
		t.Rows = append(t.Rows, []report.Value{report.Day(m.On), report.Said(m.Kind.Words()), report.Minor(m.AmountMinor), report.Reference(m.Subject)})
	}
	return t
}

// Words are what a kind of movement is called.
func (k Kind) Words() report.Words {
	switch k {
	case Deposit:
		return report.Words{EN: "deposit", ZH: "充值"}
	case Withdrawal:
		return report.Words{EN: "withdrawal", ZH: "提现"}
	case Lent:
		return report.Words{EN: "lent", ZH: "出借"}
	case Disbursed:
		return report.Words{EN: "disbursed", ZH: "放款"}
	case Repaid:
		return report.Words{EN: "repaid", ZH: "还款"}
	case Payout:
		return report.Words{EN: "payout", ZH: "回款划付"}
	}
	return report.Words{EN: "refund", ZH: "退款"}
}
