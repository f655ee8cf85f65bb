package statement

import (
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// Borrower makes a borrower's statement of one loan.
func Borrower(b Borrowing) (report.Document, error) {
	a, err := b.Account()
	if err != nil {
		return report.Document{}, err
	}
	d := report.Document{
		ID: "borrower-statement", Version: 1, Title: words("Borrower's statement", "借款人对账单"),
		Currency: b.Terms.Currency, AsOf: b.On, Of: []string{b.Terms.Platform, b.Terms.ID}, Facts: b.facts(a), Notes: borrowerNotes,
	}
	if a.Laid {
		d.Tables = []report.Table{a.owed(), a.schedule(), a.repayments()}
	}
	return d, nil
}

var borrowerNotes = []report.Words{
	words("The early payoff is the sum that ends the loan if it arrives on the day of this statement and nothing else arrives before: everything that is due, and of what is not yet due the principal with interest for the days used. Charges of instalments that are not yet due are not asked for. On another day it is another sum.",
		"提前结清金额为于本对账单当日到账即可结清贷款的金额（其间无其他到账款项）：全部到期应付款项，加未到期本金及其已占用天数的利息。未到期各期的费用不收取。其他日期的金额不同。"),
	words("The all-in rate a year is twelve times the monthly rate at which all instalments, charges included, are worth the principal on the day when it was paid out.",
		"综合年化利率为使全部应还款项（含各项费用）的现值等于放款日本金的月利率的十二倍。"),
	words("An instalment is paid on the value date of the receipt that paid the last of it. Penalty accrues by the day on overdue principal and belongs to no instalment.",
		"某期款项的还清日为付清该期最后一笔到账的起息日。罚息按逾期本金逐日计算，不归属于某一期。"),
	noteReferences,
}

func (b Borrowing) facts(a Account) []report.Fact {
	facts := []report.Fact{
		fact("loan", "Loan", "贷款", report.Reference(b.Terms.ID)),
		fact("status", "Status", "状态", wording.LoanStatus(a.State.Status)),
		fact("borrower", "Borrower", "借款人", report.Reference(b.Terms.Borrower)),
		fact("platform", "Platform", "平台", report.Text(b.Terms.Platform)),
		fact("custodian", "Custodian", "存管银行", report.Text(b.Terms.Custodian)),
		fact("principal_minor", "Principal", "本金", report.Minor(b.Terms.PrincipalMinor)),
		fact("rate_ppm", "Interest a year", "年利率", report.PPM(b.Terms.RatePPM)),
		fact("penalty_rate_ppm", "Penalty a year on overdue principal", "逾期本金罚息年利率", report.PPM(b.Terms.PenaltyRatePPM)),
		fact("method", "Repaid by", "还款方式", wording.Method(b.Terms.Method)),
		fact("instalments", "Instalments", "期数", report.Count(int64(b.Terms.Instalments))),
		fact("agreement_digest", "Agreement (SHA-256)", "合同摘要（SHA-256）", report.Reference(b.Terms.AgreementDigest)),
	}
	if !a.Laid {
		return facts
	}
	return append(facts,
		fact("started_on", "Interest since", "起息日", report.Day(a.State.Plan.Start)),
		fact("all_in_rate_ppm", "All-in rate a year", "综合年化利率", report.PPM(a.AllInPPM)),
		fact("outstanding_minor", "Principal outstanding", "剩余本金", report.Minor(a.State.Outstanding())),
		fact("overdue_days", "Days overdue", "逾期天数", report.Count(int64(b.overdueDays(a)))),
		fact("due_minor", "Due today", "今日应付", report.Minor(a.Due().Total())),
		fact("payoff_minor", "Early payoff today", "今日提前结清金额", report.Minor(a.Position.Total())),
		fact("payoff_valid_on", "Payoff valid on", "结清金额有效日", report.Day(b.On)),
	)
}

func (b Borrowing) overdueDays(a Account) int {
	if a.Position.OldestDue.IsZero() {
		return 0
	}
	return max(0, int(b.On-a.Position.OldestDue))
}

// owed takes apart what is due on the day and what would end the loan.
func (a Account) owed() report.Table {
	t := report.Table{
		ID: "owed", Title: words("What is due, and what ends the loan", "应付与结清"),
		Columns: []report.Column{
			column("item", report.KindText, "Item", "项目"), column("due", report.KindMinor, "Due today", "今日应付"),
			column("payoff", report.KindMinor, "Early payoff today", "今日提前结清"),
		},
	}
	due, p := a.Due(), a.Position
	row := func(label report.Words, due, rest money.Minor) []report.Value {
		return []report.Value{report.Said(label), report.Minor(due), report.Minor(due + rest)}
	}
	t.Rows = [][]report.Value{
		row(words("Charges", "费用"), sumOf(due.FeesMinor), 0),
		row(words("Penalty", "罚息"), due.PenaltyMinor, 0),
		row(words("Interest", "利息"), due.InterestMinor, p.RestInterest),
		row(words("Principal", "本金"), due.PrincipalMinor, p.RestPrincipal),
	}
	t.Total = []report.Value{report.Total(), report.Minor(due.Total()), report.Minor(p.Total())}
	return t
}

var rowWords = map[RowStatus]report.Words{
	RowPaid:    words("Paid", "已还清"),
	RowOverdue: words("Overdue", "逾期"),
	RowDue:     words("Due today", "今日到期"),
	RowOpen:    words("Not yet due", "未到期"),
}

func (a Account) schedule() report.Table {
	t := report.Table{
		ID: "schedule", Title: words("Schedule", "还款计划"),
		Columns: []report.Column{
			column("number", report.KindCount, "No.", "期次"), column("due", report.KindDate, "Due", "应还日"),
			column("principal", report.KindMinor, "Principal", "本金"), column("interest", report.KindMinor, "Interest", "利息"),
			column("fees", report.KindMinor, "Charges", "费用"), column("total", report.KindMinor, "Total", "合计"),
			column("paid", report.KindMinor, "Paid", "已还"), column("unpaid", report.KindMinor, "Unpaid", "未还"),
			column("paid_on", report.KindDate, "Paid on", "还清日"), report.CodedColumn("status", "Status", "状态"),
		},
	}
	var principal, interest, fees, unpaid money.Minor
	for _, r := range a.Rows {
		total := r.TotalMinor()
		principal, interest = principal+r.Row.PrincipalMinor, interest+r.Row.InterestMinor
		fees, unpaid = fees+sumOf(r.Row.FeesMinor), unpaid+r.UnpaidMinor
		t.Rows = append(t.Rows, []report.Value{
			report.Count(int64(r.Row.Number)), report.Day(r.Row.Due), report.Minor(r.Row.PrincipalMinor), report.Minor(r.Row.InterestMinor),
			report.Minor(sumOf(r.Row.FeesMinor)), report.Minor(total), report.Minor(total - r.UnpaidMinor), report.Minor(r.UnpaidMinor),
			report.Day(r.PaidOn), report.Coded(string(r.Status), rowWords[r.Status]),
		})
	}
	total := principal + interest + fees
	t.Total = []report.Value{
		report.Total(), report.None(), report.Minor(principal), report.Minor(interest), report.Minor(fees), report.Minor(total),
		report.Minor(total - unpaid), report.Minor(unpaid), report.None(), report.None(),
	}
	return t
}

// repayments lists what came from the borrower. What was taken back counts in no sum.
func (a Account) repayments() report.Table {
	t := report.Table{
		ID: "repayments", Title: words("Repayments", "还款记录"),
		Columns: []report.Column{
			column("value_date", report.KindDate, "Value date", "到账日"), column("amount", report.KindMinor, "Amount", "金额"),
			column("fees", report.KindMinor, "Charges", "费用"), column("penalty", report.KindMinor, "Penalty", "罚息"),
			column("interest", report.KindMinor, "Interest", "利息"), column("principal", report.KindMinor, "Principal", "本金"),
			column("refund", report.KindMinor, "Refund", "应退"), column("bank_reference", report.KindText, "Bank reference", "银行流水号"),
			column("remark", report.KindText, "Remark", "备注"),
		},
	}
	var amount money.Minor
	var sum loan.Parts
	for _, r := range a.Repayments {
		remark := report.None()
		if r.Reversed {
			remark = report.Said(words("Reversed", "已冲正"))
		} else {
			amount += r.AmountMinor
			sum.PenaltyMinor += r.Parts.PenaltyMinor
			sum.InterestMinor += r.Parts.InterestMinor
			sum.PrincipalMinor += r.Parts.PrincipalMinor
			sum.RefundMinor += r.Parts.RefundMinor
			sum.FeesMinor = append(sum.FeesMinor, r.Parts.FeesMinor...)
		}
		t.Rows = append(t.Rows, append(partsRow(report.Day(r.ValueDate), r.AmountMinor, r.Parts), report.Text(r.BankReference), remark))
	}
	if len(t.Rows) > 0 {
		t.Total = append(partsRow(report.Total(), amount, sum), report.None(), report.None())
	}
	return t
}

func partsRow(day report.Value, amount money.Minor, p loan.Parts) []report.Value {
	return []report.Value{
		day, report.Minor(amount), report.Minor(sumOf(p.FeesMinor)), report.Minor(p.PenaltyMinor), report.Minor(p.InterestMinor),
		report.Minor(p.PrincipalMinor), report.Minor(p.RefundMinor),
	}
}
