package submission

import "github.com/tallystick/tallystick/gateway-app/report"

// Why another version is stated. Reasons are published, so that they are codes of this list: whatever is typed freely may
// name somebody.
const (
	FigureWrong    = "figure_wrong"
	LateReceipt    = "late_receipt"
	FormulaMisread = "formula_misread"
	OtherSystem    = "other_system"
	MonthWentOn    = "month_went_on" // the version before was published before the month was over
)

// Reasons lists every reason.
func Reasons() []string {
	return []string{FigureWrong, LateReceipt, FormulaMisread, OtherSystem, MonthWentOn}
}

// reasonWords are what people call reasons.
var reasonWords = map[string]report.Words{
	FigureWrong:    {EN: "a figure was wrong", ZH: "数据有误"},
	LateReceipt:    {EN: "something was received late", ZH: "款项或凭证迟到"},
	FormulaMisread: {EN: "a formula was misread", ZH: "公式理解有误"},
	OtherSystem:    {EN: "it comes from another system", ZH: "数据来自其他系统"},
	MonthWentOn:    {EN: "the month went on", ZH: "当月尚未结束时已公布"},
}

// Why is the reason in people's words; none where there is none.
func (p Published) Why() report.Words { return reasonWords[p.Reason] }

// validReason reports whether a reason is one, or none was given.
func validReason(reason string) bool {
	_, known := reasonWords[reason]
	return reason == "" || known
}
