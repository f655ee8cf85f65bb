package alert

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// Subject is one of the customer's parties as the form names it. What the reader may not see is masked by whoever fills
// it in; what the bank does not know is empty.
type Subject struct {
	Party          string
	Kind           party.Kind
	Name           string
	IdentityNumber string
	Phone          string
	Address        string
	BankName       string
	BankAccount    string
}

// Document is the form that goes to the authority: whom it is about, the alert, the officer's words, and the movements
// that led to it, with every id and figure whole. The subjects are the caller's to name, as is what the rule's pack calls
// it: nothing of them is kept here.
func (r SuspicionReport) Document(currency money.Currency, institution string, rule report.Words, subjects []Subject) report.Document {
	a := r.Dossier.Alert
	d := report.Document{
		ID: "suspicion", Version: 3, Currency: currency, AsOf: a.On, Of: []string{strconv.FormatInt(r.Number, 10)},
		Title: report.Words{EN: "Suspicious-transaction report", ZH: "可疑交易报告"},
		Facts: []report.Fact{
			{ID: "number", Words: report.Words{EN: "number", ZH: "编号"}, Value: report.Count(r.Number)},
			{ID: "institution", Words: report.Words{EN: "reporting institution", ZH: "报告机构"}, Value: report.Text(institution)},
			{ID: "report", Words: report.Words{EN: "report", ZH: "报告标识"}, Value: report.Text(r.ID)},
			{ID: "alert", Words: report.Words{EN: "alert", ZH: "预警"}, Value: report.Text(a.ID)},
			{ID: "rule", Words: report.Words{EN: "rule", ZH: "规则"}, Value: report.Coded(a.Rule, rule)},
			{ID: "rule_version", Words: report.Words{EN: "version of the rule", ZH: "规则版本"}, Value: report.Count(int64(a.RuleVersion))},
			{ID: "pack", Words: report.Words{EN: "reporting pack", ZH: "规则包"}, Value: report.Text(a.Pack)},
			{ID: "suspected", Words: report.Words{EN: "suspected offence", ZH: "涉嫌类型"}, Value: suspected(a.Reason)},
			{ID: "found_on", Words: report.Words{EN: "found on", ZH: "发现日期"}, Value: report.Day(a.On)},
			{ID: "due_on", Words: report.Words{EN: "to be reported by", ZH: "报告期限"}, Value: report.Day(a.DueOn)},
			{ID: "movements_met", Words: report.Words{EN: "movements that met the rule", ZH: "触发规则的交易笔数"}, Value: report.Count(a.Movements)},
			{ID: "amount_met", Words: report.Words{EN: "their sum", ZH: "触发规则的交易金额"}, Value: report.Minor(a.AmountMinor)},
			{ID: "made_by", Words: report.Words{EN: "officer", ZH: "经办人"}, Value: report.Text(r.MadeBy)},
			{ID: "made_at", Words: report.Words{EN: "made at", ZH: "生成时间"}, Value: report.Text(r.MadeAt)},
		},
		Notes: []report.Words{{EN: r.Narrative, ZH: r.Narrative}},
	}
	for i, s := range subjects {
		d.Tables = append(d.Tables, s.table(i+1))
	}
	d.Tables = append(d.Tables, r.movements(subjects), r.sums())
	return d
}

// suspected is the offence that a report names; nothing of one that leaves it to its narrative.
func suspected(code string) report.Value {
	if r, known := reasonOf(code); known {
		return report.Coded(r.Code, r.Words)
	}
	return report.None()
}

// table is what is known of a subject, a line each, so that nothing is cut for want of width.
func (s Subject) table(number int) report.Table {
	t := report.Table{
		ID:    fmt.Sprintf("subject-%d", number),
		Title: report.Words{EN: fmt.Sprintf("Subject %d", number), ZH: fmt.Sprintf("主体 %d", number)},
		Columns: []report.Column{
			report.CodedColumn("field", "field", "项目"), report.CodedColumn("value", "value", "内容"),
		},
	}
	for _, line := range []struct {
		code, en, zh string
		value        report.Value
	}{
		{"name", "name", "姓名或名称", known(s.Name)},
		{"kind", "kind of customer", "客户类型", wording.PartyKind(s.Kind)},
		{"identity_number", "identity number", "证件号码", known(s.IdentityNumber)},
		{"phone", "phone", "联系电话", known(s.Phone)},
		{"address", "address", "住所", known(s.Address)},
		{"bank_name", "bank", "开户行", known(s.BankName)},
		{"bank_account", "bank account", "银行账号", known(s.BankAccount)},
		{"party", "party on the ledger", "账本主体", known(s.Party)},
	} {
		t.Rows = append(t.Rows, []report.Value{report.Coded(line.code, report.Both(line.en, line.zh)), line.value})
	}
	return t
}

// known is a text, or nothing where it is not known.
func known(text string) report.Value {
	if text == "" {
		return report.None()
	}
	return report.Text(text)
}

// sums add the listed movements up: those that met the rule, those that were only looked back on, and all.
func (r SuspicionReport) sums() report.Table {
	t := report.Table{
		ID: "sums", Title: report.Both("The movements above, added up", "上列交易合计"),
		Columns: []report.Column{
			report.CodedColumn("met", "met the rule", "是否触发规则"),
			report.CountColumn("movements", "movements", "笔数"), report.MinorColumn("amount", "amount", "金额"),
		},
	}
	var all sum
	for _, met := range []bool{true, false} {
		var part sum
		for _, m := range r.Dossier.Evidence {
			if m.Met == met {
				part.add(m)
				all.add(m)
			}
		}
		t.Rows = append(t.Rows, []report.Value{metRule(met), report.Count(part.movements), report.Minor(part.amount)})
	}
	t.Total = []report.Value{report.Total(), report.Count(all.movements), report.Minor(all.amount)}
	return t
}

// sum counts movements and adds them up.
type sum struct {
	movements int64
	amount    money.Minor
}

func (b *sum) add(m Movement) { b.movements, b.amount = b.movements+1, b.amount+m.AmountMinor }

// metRule says whether a movement met the rule itself.
func metRule(met bool) report.Value {
	if met {
		return report.Coded("met", report.Both("met the rule", "触发规则"))
	}
	return report.Coded("looked_back", report.Both("looked back on only", "仅为回溯"))
}

func (r SuspicionReport) movements(subjects []Subject) report.Table {
	t := report.Table{
		ID: "movements", Title: report.Words{EN: "Movements", ZH: "资金交易"},
		Columns: []report.Column{
			{ID: "date", Words: report.Words{EN: "business date", ZH: "业务日期"}, Kind: report.KindDate},
			report.CodedColumn("met", "met the rule", "是否触发规则"),
			report.CodedColumn("kind", "kind", "类型"),
			{ID: "amount", Words: report.Words{EN: "amount", ZH: "金额"}, Kind: report.KindMinor},
			{ID: "of", Words: report.Words{EN: "subject", ZH: "主体"}, Kind: report.KindCount},
			{ID: "collection", Words: report.Words{EN: "collection", ZH: "账簿"}, Kind: report.KindText},
			{ID: "subject", Words: report.Words{EN: "instruction or loan", ZH: "指令或借款"}, Kind: report.KindText},
		},
	}
	for _, m := range r.Dossier.Evidence {
		of := report.None()
		if at := slices.IndexFunc(subjects, func(s Subject) bool { return s.Party == m.Party }); at >= 0 {
			of = report.Count(int64(at) + 1)
		}
		t.Rows = append(t.Rows, []report.Value{
			report.Day(m.On), metRule(m.Met), report.Coded(string(m.Kind), m.Kind.Words()), report.Minor(m.AmountMinor), of, report.Text(m.Collection), report.Text(m.Subject),
		})
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
