package submission

import (
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// ruleWords are what people call findings that are of no rule of the pack.
var ruleWords = map[string]report.Words{
	differs:                  {EN: "an indicator differs", ZH: "指标不一致"},
	loanMissing:              {EN: "a loan of the ledger is missing", ZH: "漏报账本借款"},
	loanUnknown:              {EN: "the ledger never disbursed the loan", ZH: "账本无此放款"},
	loanRepeated:             {EN: "the loan is stated twice", ZH: "借款重复报送"},
	fieldDiffers:             {EN: "a field differs", ZH: "字段不一致"},
	refused:                  {EN: "not taken by the regulator's app", ZH: "监管方未接收"},
	ruleDoesNotCompile:       {EN: "a rule of the pack does not compile", ZH: "规则无法编译"},
	disclosure.InHeading:     {EN: "the heading differs", ZH: "表头不一致"},
	disclosure.InFormula:     {EN: "another formula", ZH: "公式不一致"},
	disclosure.InFeeStandard: {EN: "a fee standard differs", ZH: "收费标准不一致"},
}

// fieldWords are what people call the fields of a loan book and the members of a disclosure's heading.
var fieldWords = map[string]report.Words{
	"loan": {EN: "loan", ZH: "借款"}, "status": {EN: "status", ZH: "借款状态"},
	"principal_minor": {EN: "principal", ZH: "放款本金"}, "outstanding_minor": {EN: "balance of principal", ZH: "本金余额"},
	"overdue_days": {EN: "days overdue", ZH: "逾期天数"},
	"platform":     {EN: "platform", ZH: "平台"}, "period": {EN: "period", ZH: "期间"}, "closings": {EN: "closed business days", ZH: "截止营业日"},
	"regime": {EN: "rules", ZH: "规则包"}, "regime_digest": {EN: "digest of the rules", ZH: "规则包摘要"},
}

// figureWords stand where a figure is none.
var figureWords = map[string]report.Words{
	disclosure.Unknown:         {EN: "unknown", ZH: "无法得知"},
	disclosure.Absent:          {EN: "absent", ZH: "未列"},
	disclosure.DoesNotCompile:  {EN: "the formula does not compile", ZH: "公式无法编译"},
	disclosure.DoesNotEvaluate: {EN: "the formula cannot be evaluated", ZH: "公式无法求值"},
	OtherText:                  {EN: "something else", ZH: "其他"},
}

// RuleValue is the finding's rule for people: of the pack that judged in its own words, of this program in the program's.
func (f Finding) RuleValue(pack regime.Pack) report.Value {
	if words, known := ruleWords[f.Rule]; known || pack.Reporting == nil {
		return report.Coded(f.Rule, words)
	}
	validations := pack.Reporting.Validations
	at := slices.IndexFunc(validations, func(v regime.Validation) bool { return v.ID == f.Rule })
	if at < 0 {
		return report.Coded(f.Rule, report.Words{})
	}
	return report.Coded(f.Rule, validations[at].Words)
}

// FieldValue is the finding's field for people.
func (f Finding) FieldValue() report.Value { return report.Coded(f.Field, fieldWords[f.Field]) }

// StatedValue is what the platform stated, for people.
func (f Finding) StatedValue() report.Value { return f.value(f.Stated) }

// ComputedValue is what the regulator's own read model says, for people.
func (f Finding) ComputedValue() report.Value { return f.value(f.Computed) }

// value writes what a field says: a status in words, an amount as money. Of a loan that only one side has, it is the status.
func (f Finding) value(text string) report.Value {
	status := loan.Status(text)
	switch {
	case text == "":
		return report.None()
	case slices.Contains(statuses, status) && (f.Field == "status" || f.Rule == loanMissing || f.Rule == loanUnknown):
		return wording.LoanStatus(status)
	case strings.HasSuffix(f.Field, "_minor"):
		amount := FigureText(regime.UnitMinor, text)
		return report.Coded(text, report.Both(amount, amount))
	}
	return figureValue("", text)
}

// figureValue is a figure of a difference for people.
func figureValue(unit, text string) report.Value {
	if words, known := figureWords[text]; known {
		return report.Coded(text, words)
	}
	return report.Text(FigureText(unit, text))
}

// DifferenceWords are what people call what a difference is in.
func DifferenceWords(d disclosure.Difference) report.Words {
	words := d.Words
	switch d.In {
	case disclosure.InHeading:
		words = fieldWords[d.ID]
	case disclosure.InFormula:
		words.EN, words.ZH = words.EN+" (formula)", words.ZH+"（公式）"
	case disclosure.InFeeStandard:
		words = feeWords(d.ID)
	}
	if words.EN == "" || words.ZH == "" {
		return report.Both(d.ID, d.ID)
	}
	return words
}

// feeWords are what people call a charge, whose id is its payee, its basis and how much.
func feeWords(id string) report.Words {
	parts := strings.Split(id, "/")
	if len(parts) != 3 {
		return report.Words{}
	}
	payee, basis := wording.Payee(parts[0]), wording.Basis(parts[1])
	unit := regime.UnitPPM
	if parts[1] == schedule.BasisFlat {
		unit = regime.UnitMinor
	}
	amount := FigureText(unit, parts[2])
	return report.Both(
		"loans charged by "+payee.In(report.EN)+" on "+basis.In(report.EN)+", "+amount,
		"收费借款笔数："+payee.In(report.ZH)+"，"+basis.In(report.ZH)+"，"+amount)
}
