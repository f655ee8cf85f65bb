package reporting

import (
	"context"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// RefusedRecords are what the ledger's records tell of refusals: *projection.Model.
type RefusedRecords interface {
	Rulebook
	Refusals(ctx context.Context, from, to string) ([]projection.Refusal, error)
	BusinessDays(ctx context.Context) ([]projection.BusinessDay, error)
}

// RefusedCommands are the member's own commands that were refused: *outbox.Outbox. Nobody else's are known here: the
// ledger keeps no trace of what it refuses.
type RefusedCommands interface {
	Refusals(ctx context.Context) ([]outbox.Refusal, error)
}

var refusalsTitle = report.Both("Refusals", "拒绝与失效")

// Refusals reports what was declined, let lapse or refused, by platform and month, and which of the member's own
// commands the ledger refused, by code.
func Refusals(m Member, books RefusedRecords, own RefusedCommands) Report {
	return Report{
		ID: "refusals", Words: refusalsTitle, Members: []party.MemberKind{party.Regulator, party.Platform, party.Custodian},
		Parameters: append([]Parameter{platformParameter}, spanParameters...),
		Make:       func(ctx context.Context, q Query) (report.Document, error) { return refusals(ctx, m, books, own, q) },
	}
}

var refusalsNote = report.Both(
	"Months are those of the custodian's business date. The ledger keeps no trace of a command that it refuses: the last table is of this member's own, as far as its app still keeps them. A command that came into a block is of the business day that was open at that block; one that was refused before it came into any, of the day that was open when the app learnt of it; one that is of no custodian, of the latest business day then open; one before the first business day, of no month.",
	"月份均按存管银行营业日统计。账本不保留被拒绝的命令：末表仅含本成员的命令，以其网关保留的为限。已进入区块的命令归入该区块时的营业日；未进入区块即被拒绝的命令归入网关得知结果时的营业日；不属于任何存管银行的命令归入当时最晚的营业日；首个营业日之前的命令不归入任何月份。")

func refusals(ctx context.Context, m Member, books RefusedRecords, own RefusedCommands, q Query) (report.Document, error) {
	platform, err := m.platform(q)
	if err != nil {
		return report.Document{}, err
	}
	if _, _, err := q.span(); err != nil {
		return report.Document{}, err
	}
	b, err := newBasis(ctx, m, books, platform, "")
	if err != nil {
		return report.Document{}, err
	}
	found, err := books.Refusals(ctx, q.Text("from"), q.Text("to"))
	if err != nil {
		return report.Document{}, err
	}
	if platform != "" {
		found = slices.DeleteFunc(found, func(r projection.Refusal) bool { return r.Platform != platform })
	}
	commands, err := m.refusedCommands(ctx, books, own, q)
	if err != nil {
		return report.Document{}, err
	}
	d := b.document(m, platform, "refusals", refusalsTitle, spanFacts(platform, q))
	d.Version = 2 // months of commands by the business date, codes beside words
	d.Tables = []report.Table{
		refusedTable("loans", report.Both("Loans that were declined or lapsed", "被拒绝或失效的借款"), loansOf(found, true)),
		refusedTable("instructions", report.Both("Orders to custodians that were refused or expired", "被拒绝或逾期未受理的资金指令"), loansOf(found, false)),
		commandTable(commands),
	}
	d.Notes = []report.Words{refusalsNote}
	return d, nil
}

// loansOf keeps what is about loans, or what is about instructions.
func loansOf(list []projection.Refusal, loans bool) []projection.Refusal {
	return slices.DeleteFunc(slices.Clone(list), func(r projection.Refusal) bool { return strings.Contains(r.What, ".") == loans })
}

// refusedWords say what became of a thing.
var refusedWords = map[string]report.Words{
	projection.RefusedDeclined:        report.Both("declined", "拒绝"),
	projection.RefusedLapsed:          report.Both("lapsed before funding", "募集前失效"),
	projection.RefusedFundingExpired:  report.Both("funding expired", "募集到期未满"),
	projection.RefusedInstruction:     report.Both("refused", "拒绝"),
	projection.RefusedInstructionLate: report.Both("expired", "逾期未受理"),
}

func refusedTable(id string, title report.Words, list []projection.Refusal) report.Table {
	t := report.Table{
		ID: id, Title: title,
		Columns: []report.Column{
			report.TextColumn("platform", "Platform", "平台"), report.TextColumn("month", "Month", "月份"),
			report.TextColumn("custodian", "Custodian", "存管银行"), report.CodedColumn("subject", "What", "对象"),
			report.CodedColumn("outcome", "Outcome", "结果"), report.TextColumn("by", "By", "由"),
			report.CodedColumn("code", "Reason", "原因"), report.CountColumn("cases", "Cases", "笔数"),
			report.MinorColumn("amount", "Amount", "金额"),
		},
	}
	for _, r := range list {
		what, kind, ofInstruction := strings.Cut(r.What, ".")
		subject := wording.Loan()
		if ofInstruction {
			subject = wording.OrderKind(custody.Kind(kind))
		}
		t.Rows = append(t.Rows, []report.Value{
			report.Text(r.Platform), report.Text(r.Month), report.Text(r.Custodian), subject, report.Coded(what, refusedWords[what]),
			report.Text(r.By), wording.Reason(r.Code), report.Count(r.Cases), report.Minor(r.AmountMinor),
		})
	}
	t.Total = totalOf(t, "cases", "amount")
	return t
}
