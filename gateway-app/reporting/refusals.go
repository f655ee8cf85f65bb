package reporting

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// RefusedRecords are what the ledger's records tell of refusals: *projection.Model.
type RefusedRecords interface {
	Rulebook
	Refusals(ctx context.Context, from, to calendar.Date) ([]projection.Refusal, error)
}

// RefusedCommands are the member's own commands that were refused: *outbox.Outbox. Nobody else's are known here: the
// ledger keeps no trace of what it refuses.
type RefusedCommands interface {
	Refusals(ctx context.Context, from, to string) ([]outbox.Refusals, error)
}

// Refusals reports what was declined, let lapse or refused, by platform and month, and which of the member's own
// commands the ledger refused, by code.
func Refusals(m Member, books RefusedRecords, own RefusedCommands) Report {
	return Report{
		ID:      "refusals",
		Words:   report.Words{EN: "Refusals", ZH: "拒绝与失效"},
		Members: []party.MemberKind{party.Regulator, party.Platform, party.Custodian},
		Parameters: []Parameter{
			platformParameter,
			{Name: "from", Words: report.Words{EN: "The first month; without it, from the beginning", ZH: "起始月份，缺省自始"}, Kind: KindMonth},
			{Name: "to", Words: report.Words{EN: "The last month; without it, to the end", ZH: "截止月份，缺省至今"}, Kind: KindMonth},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) { return refusals(ctx, m, books, own, q) },
	}
}

// platformParameter narrows a report to one platform.
var platformParameter = Parameter{
	Name: "platform", Kind: KindPlatform,
	Words: report.Words{EN: "Of this platform alone; without it, of all that the member sees", ZH: "平台，缺省为可见的全部平台"},
}

func refusals(ctx context.Context, m Member, books RefusedRecords, own RefusedCommands, q Query) (report.Document, error) {
	platform, err := m.platform(q)
	if err != nil {
		return report.Document{}, err
	}
	from, _ := q.Month("from")
	_, to := q.Month("to")
	if !to.IsZero() && from > to {
		return report.Document{}, fault.In(fault.InvalidField, "to")
	}
	b, err := newBasis(ctx, m, books, "")
	if err != nil {
		return report.Document{}, err
	}
	found, err := books.Refusals(ctx, from, to)
	if err != nil {
		return report.Document{}, err
	}
	commands, err := own.Refusals(ctx, q.Text("from"), q.Text("to"))
	if err != nil {
		return report.Document{}, err
	}
	if platform != "" {
		found = slices.DeleteFunc(found, func(r projection.Refusal) bool { return r.Platform != platform })
	}
	return report.Document{
		ID: "refusals", Version: 1, Title: report.Words{EN: "Refusals", ZH: "拒绝与失效"}, Currency: b.currency(), AsOf: b.latest,
		Facts: spanFacts(platform, q), Of: m.of(platform),
		Tables: []report.Table{
			refusedTable("loans", report.Words{EN: "Loans that were declined or lapsed", ZH: "被拒绝或失效的借款"}, loansOf(found, true)),
			refusedTable("instructions", report.Words{EN: "Orders to custodians that were refused or expired", ZH: "被拒绝或逾期未受理的资金指令"}, loansOf(found, false)),
			commandTable(commands),
		},
		Notes: []report.Words{{
			EN: "Months of loans and orders are those of the business date. The ledger keeps no trace of a command that it refuses: the last table is of this member's own, as far as its app still keeps them.",
			ZH: "借款与资金指令按业务日所在月份统计。账本不保留被拒绝的命令：末表仅含本成员的命令，以其网关保留的为限。",
		}},
	}, nil
}

func spanFacts(platform string, q Query) []report.Fact {
	var facts []report.Fact
	for _, f := range []report.Fact{
		{ID: "platform", Words: report.Words{EN: "Platform", ZH: "平台"}, Value: report.Text(platform)},
		{ID: "from", Words: report.Words{EN: "From", ZH: "起"}, Value: report.Text(q.Text("from"))},
		{ID: "to", Words: report.Words{EN: "To", ZH: "止"}, Value: report.Text(q.Text("to"))},
	} {
		if f.Value.In(report.EN) != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// loansOf keeps what is about loans, or what is about instructions.
func loansOf(list []projection.Refusal, loans bool) []projection.Refusal {
	var kept []projection.Refusal
	for _, r := range list {
		if _, _, ofInstruction := strings.Cut(r.What, "."); ofInstruction != loans {
			kept = append(kept, r)
		}
	}
	slices.SortFunc(kept, func(a, b projection.Refusal) int {
		return cmp.Or(
			strings.Compare(a.Platform, b.Platform), strings.Compare(a.Month, b.Month), strings.Compare(a.Custodian, b.Custodian),
			strings.Compare(a.What, b.What), strings.Compare(a.By, b.By), strings.Compare(a.Code, b.Code),
		)
	})
	return kept
}

// refusedWords say what became of a thing.
var refusedWords = map[string]report.Words{
	projection.RefusedDeclined:        {EN: "declined", ZH: "拒绝"},
	projection.RefusedLapsed:          {EN: "lapsed before funding", ZH: "募集前失效"},
	projection.RefusedFundingExpired:  {EN: "funding expired", ZH: "募集到期未满"},
	projection.RefusedInstruction:     {EN: "refused", ZH: "拒绝"},
	projection.RefusedInstructionLate: {EN: "expired", ZH: "逾期未受理"},
}

func refusedTable(id string, title report.Words, list []projection.Refusal) report.Table {
	t := report.Table{
		ID: id, Title: title,
		Columns: []report.Column{
			{ID: "platform", Words: report.Words{EN: "Platform", ZH: "平台"}, Kind: report.KindText},
			{ID: "month", Words: report.Words{EN: "Month", ZH: "月份"}, Kind: report.KindText},
			{ID: "custodian", Words: report.Words{EN: "Custodian", ZH: "存管银行"}, Kind: report.KindText},
			{ID: "subject", Words: report.Words{EN: "What", ZH: "对象"}, Kind: report.KindText},
			{ID: "outcome", Words: report.Words{EN: "Outcome", ZH: "结果"}, Kind: report.KindText},
			{ID: "by", Words: report.Words{EN: "By", ZH: "由"}, Kind: report.KindText},
			{ID: "code", Words: report.Words{EN: "Reason", ZH: "原因码"}, Kind: report.KindText},
			{ID: "cases", Words: report.Words{EN: "Cases", ZH: "笔数"}, Kind: report.KindCount},
			{ID: "amount", Words: report.Words{EN: "Amount", ZH: "金额"}, Kind: report.KindMinor},
		},
	}
	for _, r := range list {
		what, subject, ofInstruction := strings.Cut(r.What, ".")
		if !ofInstruction {
			subject = "loan"
		}
		t.Rows = append(t.Rows, []report.Value{
			report.Text(r.Platform), report.Text(r.Month), report.Text(r.Custodian), report.Text(subject), report.Said(refusedWords[what]),
			report.Text(r.By), report.Text(r.Code), report.Count(r.Cases), report.Minor(r.AmountMinor),
		})
	}
	t.Total = totalOf(t, "cases", "amount")
	return t
}

func commandTable(list []outbox.Refusals) report.Table {
	slices.SortFunc(list, func(a, b outbox.Refusals) int {
		return cmp.Or(strings.Compare(a.Month, b.Month), strings.Compare(a.Function, b.Function), cmp.Compare(a.Code, b.Code))
	})
	t := report.Table{
		ID: "commands", Title: report.Words{EN: "This member's own commands that the ledger refused", ZH: "本成员被账本拒绝的命令"},
		Columns: []report.Column{
			{ID: "month", Words: report.Words{EN: "Month", ZH: "月份"}, Kind: report.KindText},
			{ID: "function", Words: report.Words{EN: "Function", ZH: "功能"}, Kind: report.KindText},
			{ID: "code", Words: report.Words{EN: "Code", ZH: "拒绝码"}, Kind: report.KindText},
			{ID: "remedy", Words: report.Words{EN: "What to do", ZH: "处理办法（英文）"}, Kind: report.KindText},
			{ID: "items", Words: report.Words{EN: "Items", ZH: "条数"}, Kind: report.KindCount},
		},
	}
	for _, r := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(r.Month), report.Text(r.Function), report.Text(string(r.Code)), report.Text(r.Code.Remedy()), report.Count(r.Items),
		})
	}
	t.Total = totalOf(t, "items")
	return t
}
