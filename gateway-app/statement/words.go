package statement

import (
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/report"
)

func words(en, zh string) report.Words { return report.Words{EN: en, ZH: zh} }

func column(id string, kind report.Kind, en, zh string) report.Column {
	return report.Column{ID: id, Words: words(en, zh), Kind: kind}
}

func fact(id, en, zh string, v report.Value) report.Fact {
	return report.Fact{ID: id, Words: words(en, zh), Value: v}
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

// statusWords are what a loan's status is called.
var statusWords = map[loan.Status]report.Words{
	loan.Proposed:   words("Proposed", "已提出"),
	loan.Cleared:    words("Cleared", "已核准"),
	loan.Collecting: words("Being funded", "募集中"),
	loan.Funded:     words("Funded", "已满额"),
	loan.Disbursing: words("Being disbursed", "放款中"),
	loan.Active:     words("Running", "还款中"),
	loan.Repaid:     words("Repaid", "已结清"),
	loan.WrittenOff: words("Written off; the claim remains", "已核销，债权保留"),
	loan.Declined:   words("Declined", "已拒绝"),
	loan.Withdrawn:  words("Withdrawn", "已撤回"),
	loan.Expired:    words("Expired", "已过期"),
	loan.Cancelled:  words("Cancelled", "已取消"),
}

// statusValue is a status for people; one without words as it is.
func statusValue(s loan.Status) report.Value {
	if w, known := statusWords[s]; known {
		return report.Said(w)
	}
	return report.Text(string(s))
}

// noteReferences says how paper names loans.
var noteReferences = words(
	"On paper a loan is named by the first ten characters of its handle; the JSON, CSV and XLSX forms name it in full.",
	"纸面上以贷款标识的前十个字符指称贷款；JSON、CSV 与 XLSX 格式载有完整标识。")
