package alert

import (
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// Reason is a code for why an alert has its outcome: of what is dismissed or escalated why, of what is reported the
// offence that is suspected.
type Reason struct {
	Code    string       `json:"code"`
	Outcome Status       `json:"outcome" enum:"dismissed,escalated,reported"`
	Words   report.Words `json:"words"`
}

// reasons are the closed list. A code is never renamed and never given another meaning: what was decided stays readable.
var reasons = []Reason{
	{"own_funds", Dismissed, report.Words{EN: "the customer's own money, moved between their own accounts", ZH: "客户本人账户之间的自有资金调拨"}},
	{"documented_source", Dismissed, report.Words{EN: "the money's source is documented, such as income or a sale", ZH: "资金来源有凭证，如收入、资产出售"}},
	{"documented_purpose", Dismissed, report.Words{EN: "what the money is for is documented", ZH: "资金用途有凭证"}},
	{"usual_business", Dismissed, report.Words{EN: "it fits the customer and what they usually do", ZH: "与客户身份及惯常交易相符"}},
	{"booking_error", Dismissed, report.Words{EN: "a booking error of the bank's or a platform's", ZH: "银行或平台记账差错"}},
	{"same_matter", Dismissed, report.Words{EN: "the same facts are decided on in another alert", ZH: "同一事实已在另一预警中处理"}},
	{"unclear", Escalated, report.Words{EN: "the facts are not clear and need a closer look", ZH: "事实不清，需进一步调查"}},
	{"contradictory", Escalated, report.Words{EN: "what the customer says is missing or contradicts the facts", ZH: "客户未予说明或说明与事实不符"}},
	{"connected_customers", Escalated, report.Words{EN: "several customers seem to act together", ZH: "疑似多名客户相互关联"}},
	{"senior_judgement", Escalated, report.Words{EN: "somebody more senior must judge it", ZH: "须由上级判断"}},
	{"money_laundering", Reported, report.Words{EN: "suspected money laundering", ZH: "涉嫌洗钱"}},
	{"terrorist_financing", Reported, report.Words{EN: "suspected financing of terrorism", ZH: "涉嫌恐怖融资"}},
	{"fraud", Reported, report.Words{EN: "suspected fraud", ZH: "涉嫌诈骗"}},
	{"illegal_fundraising", Reported, report.Words{EN: "suspected illegal fundraising", ZH: "涉嫌非法集资"}},
	{"underground_banking", Reported, report.Words{EN: "suspected underground banking", ZH: "涉嫌地下钱庄"}},
	{"corruption", Reported, report.Words{EN: "suspected corruption or bribery", ZH: "涉嫌贪污贿赂"}},
	{"other_offence", Reported, report.Words{EN: "another offence, as the narrative says", ZH: "其他犯罪，详见文字说明"}},
}

// Reasons lists every reason, by outcome.
func Reasons() []Reason { return slices.Clone(reasons) }

// reasonOf answers a reason by its code; false of a code that is none.
func reasonOf(code string) (Reason, bool) {
	at := slices.IndexFunc(reasons, func(r Reason) bool { return r.Code == code })
	if at < 0 {
		return Reason{}, false
	}
	return reasons[at], true
}

// checkReason refuses a reason that is none of the outcome's. A report may do without: its narrative says why.
func (o Outcome) checkReason() error {
	if o.Reason == "" {
		if o.Status == Reported {
			return nil
		}
		return fault.In(fault.MissingField, "reason")
	}
	if r, known := reasonOf(o.Reason); !known || r.Outcome != o.Status {
		return fault.In(fault.InvalidField, "reason")
	}
	return nil
}
