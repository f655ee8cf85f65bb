package reporting

import (
	"context"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

var reconciliationTitle = report.Words{EN: "Ledger against a platform's own loan book", ZH: "账本与平台自报借款台账核对"}

// Reconciliation reports, at the regulator, the loan book that a platform handed in of a day beside what the ledger says:
// the sums of both, and every finding with the line and the loan.
func Reconciliation(m Member, books Closings, statements Statements) Report {
	platform := platformParameter
	platform.Words, platform.Required = report.Words{EN: "The platform", ZH: "平台"}, true
	return Report{
		ID: "reconciliation", Words: reconciliationTitle, Members: []party.MemberKind{party.Regulator}, Personal: true,
		Parameters: []Parameter{
			platform,
			{Name: "day", Kind: KindDate, Required: true, Words: report.Words{EN: "The business day of the loan book", ZH: "台账所属营业日"}},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) {
			name, err := m.platform(q)
			if err != nil {
				return report.Document{}, err
			}
			return m.reconciliation(ctx, books, statements, name, q.Date("day"))
		},
	}
}

// bookSums are what a loan book comes to.
type bookSums struct {
	loans, overdue         int64
	principal, outstanding money.Minor
}

func (m Member) reconciliation(ctx context.Context, books Closings, statements Statements, platform string, day calendar.Date) (report.Document, error) {
	closings, err := m.closings(ctx, books, platform, disclosure.DayOf(day))
	if err != nil {
		return report.Document{}, err
	}
	if len(closings) == 0 {
		return report.Document{}, fault.In(fault.NotFound, "day")
	}
	var ledger bookSums
	for _, s := range closings {
		ledger.loans += s.Lent.Loans
		ledger.principal += s.Lent.AmountMinor
		ledger.outstanding += s.Balance.AmountMinor
		ledger.overdue += s.OverdueBy(0).Loans
	}
	d := report.Document{
		ID: "reconciliation", Version: 2, Title: reconciliationTitle, Currency: money.CNY, AsOf: day,
		Facts: []report.Fact{{ID: "platform", Words: report.Words{EN: "Platform", ZH: "平台"}, Value: report.Text(platform)}},
		Notes: []report.Words{{
			EN: "Both sides count every loan that was ever disbursed, at the close of the day. A loan is overdue from the day after its oldest unpaid row fell due.",
			ZH: "双方均按营业日终止时全部已放款借款计。最早未付期次到期次日起计逾期。",
		}},
	}
	last, err := statements.Last(ctx, platform, submission.LoanBook, day.String())
	if err != nil {
		return report.Document{}, err
	}
	if last.Version == 0 {
		d.Facts = append(d.Facts, report.Fact{ID: "state", Words: stateWord, Value: report.Coded(submission.NotStated, report.Words{EN: "not handed in", ZH: "未报送"})})
		d.Tables = []report.Table{sumsTable(ledger, nil)}
		return d, nil
	}
	pack, err := judging(ctx, books, last.Verdict.Pack)
	if err != nil {
		return report.Document{}, err
	}
	d.Facts = append(d.Facts,
		report.Fact{ID: "version", Words: report.Words{EN: "Version", ZH: "版本"}, Value: report.Count(last.Version)},
		report.Fact{ID: "state", Words: stateWord, Value: report.Coded(string(last.State), last.State.Words())},
		report.Fact{ID: "digest", Words: report.Words{EN: "Digest", ZH: "摘要"}, Value: report.Text(last.Digest)},
		report.Fact{ID: "compared", Words: report.Words{EN: "Lines compared", ZH: "核对行数"}, Value: report.Count(last.Verdict.Compared)},
		report.Fact{ID: "found", Words: report.Words{EN: "Findings, also those beyond the list", ZH: "差异总数（含未列示）"}, Value: report.Count(last.Verdict.Found)},
	)
	d.Tables = []report.Table{sumsTable(ledger, sumsOf(last.Verdict.Book)), findingTable(last.Verdict, pack)}
	return d, nil
}

var stateWord = report.Words{EN: "State", ZH: "状态"}

// sumsOf are what a platform's book comes to, as it was read when it was judged; none of one that was not.
func sumsOf(book *submission.BookTotal) *bookSums {
	if book == nil {
		return nil
	}
	return &bookSums{loans: book.Lines, overdue: book.OverdueLines, principal: book.PrincipalMinor, outstanding: book.OutstandingMinor}
}

// sumsTable sets the platform's sums against the ledger's.
func sumsTable(ledger bookSums, stated *bookSums) report.Table {
	t := report.Table{
		ID: "sums", Title: report.Words{EN: "Sums", ZH: "合计核对"},
		Columns: []report.Column{
			{ID: "side", Words: report.Words{EN: "By", ZH: "来源"}, Kind: report.KindText},
			{ID: "loans", Words: report.Words{EN: "Loans", ZH: "笔数"}, Kind: report.KindCount},
			{ID: "lent", Words: report.Words{EN: "Lent", ZH: "放款本金"}, Kind: report.KindMinor},
			{ID: "outstanding", Words: report.Words{EN: "Balance", ZH: "本金余额"}, Kind: report.KindMinor},
			{ID: "overdue", Words: report.Words{EN: "Loans overdue", ZH: "逾期笔数"}, Kind: report.KindCount},
		},
		Rows: [][]report.Value{ledger.values(report.Words{EN: "the ledger", ZH: "账本"})},
	}
	if stated == nil {
		return t
	}
	differ := bookSums{
		loans: stated.loans - ledger.loans, overdue: stated.overdue - ledger.overdue,
		principal: stated.principal - ledger.principal, outstanding: stated.outstanding - ledger.outstanding,
	}
	t.Rows = append(t.Rows, stated.values(report.Words{EN: "the platform", ZH: "平台"}), differ.values(report.Words{EN: "the platform beyond the ledger", ZH: "平台减账本"}))
	return t
}

func (s bookSums) values(side report.Words) []report.Value {
	return []report.Value{
		report.Said(side), report.Count(s.loans), report.Minor(s.principal), report.Minor(s.outstanding), report.Count(s.overdue),
	}
}

// judging is the pack by whose rules a statement was judged; the zero pack where there was none.
func judging(ctx context.Context, books Rulebook, id string) (regime.Pack, error) {
	packs, err := projection.AdoptedPacks(ctx, books.Regimes)
	if err != nil {
		return regime.Pack{}, err
	}
	for _, p := range packs {
		if p.ID == id {
			return p, nil
		}
	}
	return regime.Pack{}, nil
}

// findingTable lists what was found, everything that is one of several in words beside its code.
func findingTable(v submission.Verdict, pack regime.Pack) report.Table {
	t := report.Table{
		ID: "findings", Title: report.Words{EN: "Findings", ZH: "差异明细"},
		Columns: []report.Column{
			{ID: "rule", Words: report.Words{EN: "Rule", ZH: "规则"}, Kind: report.KindText, Coded: true},
			{ID: "line", Words: report.Words{EN: "Line", ZH: "行号"}, Kind: report.KindCount},
			{ID: "loan", Words: report.Words{EN: "Loan", ZH: "借款"}, Kind: report.KindText},
			{ID: "field", Words: report.Words{EN: "Field", ZH: "字段"}, Kind: report.KindText, Coded: true},
			{ID: "stated", Words: report.Words{EN: "Stated", ZH: "报送值"}, Kind: report.KindText, Coded: true},
			{ID: "computed", Words: report.Words{EN: "By the ledger", ZH: "账本值"}, Kind: report.KindText, Coded: true},
		},
	}
	for _, f := range v.Findings {
		line := report.None()
		if f.Line > 0 {
			line = report.Count(f.Line)
		}
		t.Rows = append(t.Rows, []report.Value{
			f.RuleValue(pack), line, report.Text(f.Loan), f.FieldValue(), f.StatedValue(), f.ComputedValue(),
		})
	}
	return t
}
