package wording

import (
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// Refused is why the ledger refused a command.
func Refused(code fault.Code) report.Value { return report.Coded(string(code), codes[code].reason) }

// Remedy is what to do about it; nothing for a code that is none.
func Remedy(code fault.Code) report.Value {
	if code.Remedy() == "" || codes[code].remedyZH == "" {
		return report.None()
	}
	return report.Said(both(code.Remedy(), codes[code].remedyZH))
}

// Reason is why somebody, not the ledger, turned something down: a code that a member or a bank chose. Those of the
// ledger count too, since platforms decline loans by them.
func Reason(code string) report.Value {
	if words, known := reasons[code]; known {
		return report.Coded(code, words)
	}
	return report.Coded(code, codes[fault.Code(code)].reason)
}

// reasons are those that the network's own programs write.
var reasons = map[string]report.Words{
	"account_closed":   both("the bank account is closed", "银行账户已销户"),
	"income_not_shown": both("income was not shown", "未提供收入证明"),
	"score_too_low":    both("the score is too low", "评分过低"),
	"duplicate":        both("applied for twice", "重复申请"),
}

// explained is a code's meaning, and the remedy in Chinese: core has the English one.
type explained struct {
	reason   report.Words
	remedyZH string
}

func because(en, zh, remedyZH string) explained { return explained{both(en, zh), remedyZH} }
