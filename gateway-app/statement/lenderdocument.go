package statement

import (
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// Lender makes a lender's statement, or ErrAddUp.
func Lender(l Lending) (report.Document, error) {
	if err := l.check(); err != nil {
		return report.Document{}, err
	}
	return report.Document{
		ID: "lender-statement", Version: 1, Title: words("Lender's statement", "出借人对账单"),
		Currency: l.Currency, AsOf: l.Through, Facts: l.facts(),
		Of: []string{l.Platform, l.Party}, Span: l.From.String() + "--" + l.Through.String(),
		Tables: []report.Table{l.bridge(), l.purses(), l.cashFlows(), l.income(), l.outstanding()},
		Notes:  lenderNotes,
	}, nil
}

var lenderNotes = []report.Words{
	words("All dates are business dates of the custodian. Loans count with the principal that borrowers still owe, however late it is; no loss is estimated.",
		"所有日期均为存管银行的营业日。贷款按借款人尚欠本金列示，不论逾期多久；未估计损失。"),
	words("The return on everything is the internal rate a year (actual/365, as XIRR) of the opening position, deposits, payments to your bank account and the closing position, idle cash included. The return on money lent counts what went to borrowers, what they repaid and what they owe at the end. A rate is left out where no single rate explains the flows.",
		"“总体年化收益率”为期初余额、充值、转出至银行账户的款项与期末余额的内部收益率（实际天数/365，同 XIRR），含闲置资金。“出借资金年化收益率”只计出借、回款与期末尚欠本金。没有唯一解时不列示。"),
	words("A rate of the past says nothing about the future. Neither the platform nor the custodian promises a return or guarantees a loan.",
		"过往收益率不预示未来表现。平台与存管银行均不承诺收益，也不为贷款提供担保。"),
	noteReferences,
}

func (l Lending) facts() []report.Fact {
	known := func(rate money.PPM, known bool) report.Value {
		if !known {
			return report.None()
		}
		return report.PPM(rate)
	}
	return []report.Fact{
		fact("party", "Lender", "出借人", report.Reference(l.Party)),
		fact("platform", "Platform", "平台", report.Text(l.Platform)),
		fact("custodian", "Custodian", "存管银行", report.Text(l.Custodian)),
		fact("from", "From", "起始日", report.Day(l.From)),
		fact("through", "Through", "截止日", report.Day(l.Through)),
		fact("income_minor", "Income of the period", "本期收益", report.Minor(l.sum(Interest, Fee))),
		fact("opening_minor", "Opening position", "期初余额", report.Minor(l.Opening.Total())),
		fact("closing_minor", "Closing position", "期末余额", report.Minor(l.Closing.Total())),
		fact("loans", "Loans that ran in the period", "本期在贷笔数", report.Count(int64(len(l.Holdings)))),
		fact("irr_ppm", "Return a year on everything", "总体年化收益率", known(l.Return())),
		fact("lending_irr_ppm", "Return a year on money lent", "出借资金年化收益率", known(l.LendingReturn())),
	}
}

// bridge leads from the opening to the closing position.
func (l Lending) bridge() report.Table {
	t := report.Table{
		ID: "summary", Title: words("From opening to closing", "期初至期末"),
		Columns: []report.Column{column("item", report.KindText, "Item", "项目"), column("amount", report.KindMinor, "Amount", "金额")},
		Rows:    [][]report.Value{{report.Said(words("Opening position", "期初余额")), report.Minor(l.Opening.Total())}},
		Total:   []report.Value{report.Said(words("Closing position", "期末余额")), report.Minor(l.Closing.Total())},
	}
	for _, kind := range []MovementKind{Deposited, Interest, Fee, PaidOut, Withdrawn, Refunded, Other} {
		sum := l.sum(kind)
		if sum == 0 && (kind == Refunded || kind == Other || kind == Fee) {
			continue
		}
		t.Rows = append(t.Rows, []report.Value{report.Said(movementWords[kind]), report.Minor(sum)})
	}
	return t
}

// purses shows where the money was before and after.
func (l Lending) purses() report.Table {
	t := report.Table{
		ID: "position", Title: words("Where it is", "资金分布"),
		Columns: []report.Column{
			column("item", report.KindText, "Item", "项目"), column("opening", report.KindMinor, "Opening", "期初"),
			column("change", report.KindMinor, "Change", "变动"), column("closing", report.KindMinor, "Closing", "期末"),
		},
	}
	row := func(label report.Words, opening, closing money.Minor) []report.Value {
		return []report.Value{report.Said(label), report.Minor(opening), report.Minor(closing - opening), report.Minor(closing)}
	}
	o, c := l.Opening, l.Closing
	t.Rows = [][]report.Value{
		row(words("Available cash", "可用余额"), o.AvailableMinor, c.AvailableMinor),
		row(words("Cash promised to loans or a withdrawal", "冻结资金（待放款或待提现）"), o.HeldMinor, c.HeldMinor),
		row(words("Received, on its way to your bank account", "已回款待兑付"), o.PayableMinor, c.PayableMinor),
	}
	if o.ReceivableMinor != 0 || c.ReceivableMinor != 0 {
		t.Rows = append(t.Rows, row(words("Owed back by you after a reversal", "因冲正应退还"), -o.ReceivableMinor, -c.ReceivableMinor))
	}
	t.Rows = append(t.Rows, row(words("Principal lent and not yet repaid", "尚未收回的出借本金"), o.LentMinor, c.LentMinor))
	t.Total = row(words("Total", "合计"), o.Total(), c.Total())
	return t
}

// cashFlows lists what moved the lender's cash, with the cash after it.
func (l Lending) cashFlows() report.Table {
	t := report.Table{
		ID: "cash_flows", Title: words("Cash flows", "资金流水"),
		Columns: []report.Column{
			column("on", report.KindDate, "Date", "日期"), report.CodedColumn("kind", "What", "类型"),
			column("loan", report.KindText, "Loan", "贷款"), column("amount", report.KindMinor, "Amount", "金额"),
			column("cash", report.KindMinor, "Cash after it", "资金余额"),
		},
	}
	cash := l.Opening.Cash()
	for _, m := range l.Movements {
		if m.Kind == Internal {
			continue
		}
		cash += m.Change.Cash()
		t.Rows = append(t.Rows, []report.Value{
			report.Day(m.On), report.Coded(string(m.Kind), movementWords[m.Kind]), reference(m.Loan), report.Minor(m.Change.Cash()), report.Minor(cash),
		})
	}
	return t
}

// income says what each loan brought in the period.
func (l Lending) income() report.Table {
	t := report.Table{
		ID: "income", Title: words("Income by loan", "各贷款收益"),
		Columns: []report.Column{
			column("loan", report.KindText, "Loan", "贷款"), column("rate", report.KindPPM, "Rate a year", "年利率"),
			column("lent", report.KindMinor, "Lent", "出借"), column("principal", report.KindMinor, "Principal received", "收回本金"),
			column("interest", report.KindMinor, "Interest received", "收到利息"),
		},
	}
	type sums struct{ lent, principal, interest money.Minor }
	byLoan, total := map[string]sums{}, sums{}
	for _, m := range l.Movements {
		s := byLoan[m.Loan]
		switch m.Kind {
		case Lent:
			s.lent += m.Change.LentMinor
			total.lent += m.Change.LentMinor
		case Principal:
			s.principal -= m.Change.LentMinor
			total.principal -= m.Change.LentMinor
		case Interest:
			s.interest += m.Change.Cash()
			total.interest += m.Change.Cash()
		}
		byLoan[m.Loan] = s
	}
	for _, h := range l.Holdings {
		s := byLoan[h.Loan]
		t.Rows = append(t.Rows, []report.Value{
			reference(h.Loan), report.PPM(h.RatePPM), report.Minor(s.lent), report.Minor(s.principal), report.Minor(s.interest),
		})
	}
	if len(t.Rows) > 0 {
		t.Total = []report.Value{
			report.Total(), report.None(), report.Minor(total.lent), report.Minor(total.principal), report.Minor(total.interest),
		}
	}
	return t
}

// outstanding says how each loan stands at the end of the period.
func (l Lending) outstanding() report.Table {
	t := report.Table{
		ID: "outstanding", Title: words("Outstanding by loan", "各贷款尚欠本金"),
		Columns: []report.Column{
			column("loan", report.KindText, "Loan", "贷款"), report.CodedColumn("status", "Status", "状态"),
			column("started_on", report.KindDate, "Since", "起息日"), column("principal", report.KindMinor, "Your part", "出借份额"),
			column("outstanding", report.KindMinor, "Outstanding", "尚欠本金"), column("overdue_days", report.KindCount, "Days overdue", "逾期天数"),
		},
	}
	var part, owed money.Minor
	for _, h := range l.Holdings {
		part, owed = part+h.PrincipalMinor, owed+h.OutstandingMinor
		t.Rows = append(t.Rows, []report.Value{
			reference(h.Loan), wording.LoanStatus(h.Status), report.Day(h.StartedOn), report.Minor(h.PrincipalMinor),
			report.Minor(h.OutstandingMinor), report.Count(int64(h.OverdueDays)),
		})
	}
	if len(t.Rows) > 0 {
		t.Total = []report.Value{report.Total(), report.None(), report.None(), report.Minor(part), report.Minor(owed), report.None()}
	}
	return t
}

// reference names a loan; nothing where there is none.
func reference(id string) report.Value {
	if id == "" {
		return report.None()
	}
	return report.Reference(id)
}
