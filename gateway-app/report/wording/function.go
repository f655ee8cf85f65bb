package wording

import "github.com/tallystick/tallystick/gateway-app/report"

// Function is what a function of a contract does: what a member's command asked for.
func Function(name string) report.Value { return report.Coded(name, functions[name]) }

// functions are those that write; what only reads is refused to nobody's command.
var functions = map[string]report.Words{
	"Consortium:Bootstrap":       both("found the consortium", "创建联盟"),
	"Consortium:Register":        both("register a member", "登记成员"),
	"Consortium:ProposeRegime":   both("propose a pack of rules", "提出规则包"),
	"Consortium:ApproveRegime":   both("approve a pack of rules", "批准规则包"),
	"Consortium:RetireRegime":    both("retire a pack of rules", "停用规则包"),
	"Consortium:FreezePlatform":  both("freeze a platform", "冻结平台"),
	"Consortium:ReleasePlatform": both("release a platform", "解除平台冻结"),

	"Party:Attest":          both("attest a customer", "客户身份背书"),
	"Party:VerifyAccount":   both("verify a bank account", "核验银行账户"),
	"Party:Link":            both("link a customer to a common pseudonym", "关联统一化名"),
	"Party:Succeed":         both("move a customer to a new pseudonym", "更换统一化名"),
	"Party:Renew":           both("renew an attestation", "续期身份背书"),
	"Party:RotateKey":       both("change a customer's key", "更换客户密钥"),
	"Party:Revoke":          both("revoke an attestation", "撤销身份背书"),
	"Party:Freeze":          both("freeze a customer", "冻结客户"),
	"Party:Release":         both("release a customer", "解除客户冻结"),
	"Party:Consent":         both("record a consent", "登记授权同意"),
	"Party:WithdrawConsent": both("withdraw a consent", "撤回授权同意"),

	"Mandate:Register": both("register a mandate", "登记委托授权"),
	"Mandate:Confirm":  both("confirm a mandate", "确认委托授权"),
	"Mandate:Revoke":   both("revoke a mandate", "撤销委托授权"),

	"Loan:Propose":  both("propose a loan", "提出借款"),
	"Loan:Clear":    both("clear a loan", "核准借款"),
	"Loan:Relieve":  both("lower a borrower's reserved exposure", "核减占用额度"),
	"Loan:Decline":  both("decline a loan", "拒绝借款"),
	"Loan:Fund":     both("begin to fund a loan", "发起募集"),
	"Loan:Disburse": both("order a loan's disbursement", "发起放款"),
	"Loan:Withdraw": both("withdraw a loan", "撤回借款"),
	"Loan:Expire":   both("let a loan expire", "借款过期处理"),
	"Loan:Cancel":   both("cancel a loan", "取消借款"),
	"Loan:WriteOff": both("write a loan off", "核销借款"),
	"Loan:Freeze":   both("freeze a loan", "冻结借款"),
	"Loan:Release":  both("release a loan", "解除借款冻结"),

	"Custody:OpenBooks": both("open the books for a platform", "开立平台账簿"),
	"Custody:OpenDay":   both("open a business day", "营业日开启"),
	"Custody:CloseDay":  both("close a business day", "营业日终止"),
	"Custody:Instruct":  both("give the custodian an order", "下达资金指令"),
	"Custody:Accept":    both("accept an order", "受理资金指令"),
	"Custody:Settle":    both("settle an order", "资金指令清算"),
	"Custody:Refuse":    both("refuse an order", "拒绝资金指令"),
	"Custody:Expire":    both("let an order expire", "资金指令过期处理"),
	"Custody:Cancel":    both("cancel an order", "取消资金指令"),
	"Custody:Net":       both("net payouts", "轧差兑付"),
	"Custody:Place":     both("place a suspended receipt", "暂收款入账"),
	"Custody:Return":    both("return a suspended receipt", "暂收款退回"),

	"Repayment:Post":    both("book a repayment", "还款入账"),
	"Repayment:Reverse": both("reverse a repayment", "还款冲正"),

	"Evidence:Append": both("anchor evidence", "证据存证"),
}
