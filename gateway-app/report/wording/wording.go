package wording

import (
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/report"
)

var both = report.Both

// LoanStatus is how far a loan has come.
func LoanStatus(s loan.Status) report.Value { return report.Coded(string(s), loanStatuses[s]) }

var loanStatuses = map[loan.Status]report.Words{
	loan.Proposed:   both("Proposed", "已提出"),
	loan.Cleared:    both("Cleared", "已核准"),
	loan.Collecting: both("Being funded", "募集中"),
	loan.Funded:     both("Funded", "已满额"),
	loan.Disbursing: both("Being disbursed", "放款中"),
	loan.Active:     both("Running", "还款中"),
	loan.Repaid:     both("Repaid", "已结清"),
	loan.WrittenOff: both("Written off; the claim remains", "已核销，债权保留"),
	loan.Declined:   both("Declined", "已拒绝"),
	loan.Withdrawn:  both("Withdrawn", "已撤回"),
	loan.Expired:    both("Expired", "已过期"),
	loan.Cancelled:  both("Cancelled", "已取消"),
}

// Method is how a loan is repaid.
func Method(m schedule.Method) report.Value { return report.Coded(string(m), methods[m]) }

var methods = map[schedule.Method]report.Words{
	schedule.EqualInstalment: both("Equal instalments", "等额本息"),
	schedule.EqualPrincipal:  both("Equal principal", "等额本金"),
	schedule.InterestOnly:    both("Interest only, then principal", "先息后本"),
	schedule.Bullet:          both("Bullet", "到期还本付息"),
}

// PartyKind is whether a customer is a person or a company.
func PartyKind(k party.Kind) report.Value { return report.Coded(string(k), partyKinds[k]) }

var partyKinds = map[party.Kind]report.Words{
	party.Natural: both("natural person", "自然人"),
	party.Legal:   both("legal person", "法人"),

	party.Institution: both("institution", "机构"),
}

// Payee is who is paid a charge.
func Payee(payee string) report.Value { return report.Coded(payee, payees[payee]) }

var payees = map[string]report.Words{
	schedule.PayeePlatform:  both("the platform", "平台"),
	schedule.PayeeCustodian: both("the custodian", "存管银行"),
	schedule.PayeeGuarantor: both("the guarantor", "担保机构"),
}

// Basis is what a charge is reckoned on.
func Basis(basis string) report.Value { return report.Coded(basis, bases[basis]) }

var bases = map[string]report.Words{
	schedule.BasisPrincipal: both("principal due in the instalment", "当期应还本金"),
	schedule.BasisInterest:  both("interest due in the instalment", "当期应还利息"),
	schedule.BasisFlat:      both("a flat amount with every instalment", "每期定额"),
}

// OrderKind is what an order to a custodian asks for.
func OrderKind(k custody.Kind) report.Value { return report.Coded(string(k), orderKinds[k]) }

var orderKinds = map[custody.Kind]report.Words{
	custody.Deposit:  both("deposit", "充值"),
	custody.Hold:     both("hold of cash for a loan", "出借资金冻结"),
	custody.Release:  both("release of a hold", "资金解冻"),
	custody.Disburse: both("disbursement of a loan", "放款"),
	custody.Collect:  both("collection of an instalment", "还款代扣"),
	custody.PayOut:   both("payout to lenders", "回款兑付"),
	custody.Withdraw: both("withdrawal", "提现"),
	custody.Fee:      both("service fee", "服务费划付"),
	custody.Refund:   both("refund", "退款"),
}

// Loan is the thing that is neither an order nor a command.
func Loan() report.Value { return report.Coded("loan", both("loan", "借款")) }
