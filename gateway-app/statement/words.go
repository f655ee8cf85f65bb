package statement

import (
	"github.com/tallystick/tallystick/gateway-app/report"
)

func words(en, zh string) report.Words { return report.Both(en, zh) }

func column(id string, kind report.Kind, en, zh string) report.Column {
	return report.Column{ID: id, Words: words(en, zh), Kind: kind}
}

func fact(id, en, zh string, v report.Value) report.Fact {
	return report.NewFact(id, en, zh, v)
}

var movementWords = map[MovementKind]report.Words{
	Deposited: words("Deposited", "充值"),
	Lent:      words("Lent", "出借"),
	Principal: words("Principal received", "收回本金"),
	Interest:  words("Interest received", "收到利息"),
	Fee:       words("Fee", "服务费"),
	PaidOut:   words("Paid out to your bank account", "回款兑付至银行账户"),
	Withdrawn: words("Withdrawn to your bank account", "提现至银行账户"),
	Refunded:  words("Refund of what you overpaid as a borrower", "作为借款人多付款项的退还"),
	Other:     words("Other", "其他"),
}

// noteReferences says how paper names loans.
var noteReferences = words(
	"On paper a loan is named by the first ten characters of its handle; the JSON, CSV and XLSX forms name it in full.",
	"纸面上以贷款标识的前十个字符指称贷款；JSON、CSV 与 XLSX 格式载有完整标识。")
