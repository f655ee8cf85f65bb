package reporting

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// Exposures are what the report on caps reads: *projection.Model.
type Exposures interface {
	Rulebook
	NetworkCapUse(ctx context.Context, c projection.Capped) (projection.CapUse, error)
	PlatformCapUse(ctx context.Context, platform, custodian string, c projection.Capped) (projection.CapUse, error)
}

// bandPercents are where one band of use ends and the next begins; what lies beyond the last is above the cap.
var bandPercents = []int64{50, 80, 95, 100}

const (
	usualLargest = "20"
	mostLargest  = 1000
)

var capTitle = report.Words{EN: "Use of borrowers' caps", ZH: "借款人余额上限使用情况"}

// CapUsage reports how much of their caps borrowers use, in bands, and the borrowers who use the most: at the regulator of
// the network's caps, by common pseudonym; at a platform of its own, by handle. It never says who they are.
func CapUsage(m Member, books Exposures) Report {
	return Report{
		ID: "cap_usage", Words: capTitle, Members: []party.MemberKind{party.Regulator, party.Platform}, Personal: true,
		Parameters: []Parameter{
			{Name: "regime", Words: report.Words{EN: "The pack whose caps are meant; without it, the one in force", ZH: "规则包，缺省为现行"}, Kind: KindText},
			{
				Name: "most", Kind: KindNumber, Default: usualLargest, Most: mostLargest,
				Words: report.Words{EN: "How many of the largest of each kind to list", ZH: "每类列示最大借款人数"},
			},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) {
			b, err := newBasis(ctx, m, books, q.Text("regime"))
			if err != nil {
				return report.Document{}, err
			}
			if b.pack.ID == "" {
				return report.Document{}, fault.In(fault.RegimeUnknown, "regime")
			}
			if m.Kind == party.Platform {
				return platformCaps(ctx, m, books, b, q.Number("most"))
			}
			return networkCaps(ctx, m, books, b, q.Number("most"))
		},
	}
}

// caps are the most that a borrower of each kind may owe.
type caps struct{ natural, legal money.Minor }

func (c caps) asked(most int) projection.Capped {
	return projection.Capped{Natural: bounds(c.natural), Legal: bounds(c.legal), Most: most}
}

func (c caps) of(kind party.Kind) money.Minor {
	if kind == party.Legal {
		return c.legal
	}
	return c.natural
}

// document is the report without its tables.
func (c caps) document(b basis, m Member, note report.Words) report.Document {
	return report.Document{
		ID: "cap-usage", Version: 1, Title: capTitle, Currency: b.currency(), AsOf: b.latest, Of: m.of(""),
		Facts: []report.Fact{
			{ID: "regime", Words: report.Words{EN: "Rules", ZH: "规则包"}, Value: report.Text(b.pack.ID)},
			{ID: "natural_cap", Words: report.Words{EN: "Cap of a natural person", ZH: "自然人上限"}, Value: report.Minor(c.natural)},
			{ID: "legal_cap", Words: report.Words{EN: "Cap of a legal person", ZH: "法人上限"}, Value: report.Minor(c.legal)},
		},
		Notes: []report.Words{note},
	}
}

func networkCaps(ctx context.Context, m Member, books Exposures, b basis, most int) (report.Document, error) {
	c := caps{b.pack.Rules.Natural.NetworkMinor, b.pack.Rules.Legal.NetworkMinor}
	use, err := books.NetworkCapUse(ctx, c.asked(most))
	if err != nil {
		return report.Document{}, err
	}
	d := c.document(b, m, report.Words{
		EN: "All platforms together. What is reserved counts: the whole principal from clearance, the outstanding principal as it is repaid. A borrower is a common pseudonym; the ledger knows no identity.",
		ZH: "全网合计，按占用计：自审批通过起计全部本金，还款后计剩余本金。借款人以统一化名表示，账本不含身份。",
	})
	d.Tables = []report.Table{usageTable("usage", "", use), c.largestTable("largest", "", use.Largest)}
	return d, nil
}

// platformCaps has two tables for each custodian, because a platform cannot tell which borrowers of two are one.
func platformCaps(ctx context.Context, m Member, books Exposures, b basis, most int) (report.Document, error) {
	c := caps{b.pack.Rules.Natural.PlatformMinor, b.pack.Rules.Legal.PlatformMinor}
	d := c.document(b, m, report.Words{
		EN: "This platform alone. What borrowers owe of principal counts, and the principal of loans that were cleared and not paid out yet. A borrower is a party's handle; the ledger knows no identity.",
		ZH: "仅限本平台，计未还本金及已通过审批尚未放款的本金。借款人以代号表示，账本不含身份。",
	})
	for _, pair := range m.Pairs {
		use, err := books.PlatformCapUse(ctx, pair.Platform, pair.Custodian, c.asked(most))
		if err != nil {
			return report.Document{}, err
		}
		d.Tables = append(d.Tables,
			usageTable("usage-"+pair.Custodian, pair.Custodian, use), c.largestTable("largest-"+pair.Custodian, pair.Custodian, use.Largest))
	}
	return d, nil
}

// with names the custodian in a title, where there is one.
func with(w report.Words, custodian string) report.Words {
	if custodian == "" {
		return w
	}
	return report.Words{EN: w.EN + ", with " + custodian, ZH: w.ZH + "（" + custodian + "）"}
}

// bounds are the largest totals of each band but the last.
func bounds(limit money.Minor) []money.Minor {
	list := make([]money.Minor, len(bandPercents))
	for i, percent := range bandPercents {
		part := money.Minor(percent)
		list[i] = limit/100*part + limit%100*part/100
	}
	return list
}

func bandName(place int) string {
	if place == len(bandPercents) {
		return fmt.Sprintf("> %d %%", bandPercents[place-1])
	}
	from := int64(0)
	if place > 0 {
		from = bandPercents[place-1]
	}
	return fmt.Sprintf("%d–%d %%", from, bandPercents[place])
}

// Words of the kinds of borrowers.
var kindWords = map[party.Kind]report.Words{
	party.Natural: {EN: "natural person", ZH: "自然人"},
	party.Legal:   {EN: "legal person", ZH: "法人"},
}

func usageTable(id, custodian string, use projection.CapUse) report.Table {
	t := report.Table{
		ID: id, Title: with(report.Words{EN: "Borrowers by use of their cap", ZH: "按上限使用率分档"}, custodian),
		Columns: []report.Column{
			{ID: "kind", Words: report.Words{EN: "Kind", ZH: "类别"}, Kind: report.KindText},
			{ID: "band", Words: report.Words{EN: "Use of the cap", ZH: "使用率"}, Kind: report.KindText},
			{ID: "borrowers", Words: report.Words{EN: "Borrowers", ZH: "借款人数"}, Kind: report.KindCount},
			{ID: "borrowers_share", Words: report.Words{EN: "Share of borrowers", ZH: "人数占比"}, Kind: report.KindPPM},
			{ID: "reserved", Words: report.Words{EN: "Reserved", ZH: "占用金额"}, Kind: report.KindMinor},
			{ID: "reserved_share", Words: report.Words{EN: "Share of what is reserved", ZH: "金额占比"}, Kind: report.KindPPM},
		},
	}
	var people, amounts []int64
	for _, list := range [][]projection.Usage{use.Natural, use.Legal} {
		for _, u := range list {
			people, amounts = append(people, u.Borrowers), append(amounts, int64(u.AmountMinor))
		}
	}
	ofPeople, ofAmounts := shares(people), shares(amounts)
	at := 0
	for _, group := range []struct {
		kind party.Kind
		list []projection.Usage
	}{{party.Natural, use.Natural}, {party.Legal, use.Legal}} {
		for place, u := range group.list {
			t.Rows = append(t.Rows, []report.Value{
				report.Said(kindWords[group.kind]), report.Text(bandName(place)), report.Count(u.Borrowers), ofPeople[at],
				report.Minor(u.AmountMinor), ofAmounts[at],
			})
			at++
		}
	}
	t.Total = totalOf(t, "borrowers", "borrowers_share", "reserved", "reserved_share")
	return t
}

func (c caps) largestTable(id, custodian string, list []projection.Exposed) report.Table {
	t := report.Table{
		ID: id, Title: with(report.Words{EN: "The largest borrowers of each kind", ZH: "各类最大借款人"}, custodian),
		Columns: []report.Column{
			{ID: "rank", Words: report.Words{EN: "Rank", ZH: "序号"}, Kind: report.KindText},
			{ID: "borrower", Words: report.Words{EN: "Borrower, by pseudonym", ZH: "借款人（化名）"}, Kind: report.KindText},
			{ID: "kind", Words: report.Words{EN: "Kind", ZH: "类别"}, Kind: report.KindText},
			{ID: "reserved", Words: report.Words{EN: "Reserved", ZH: "占用金额"}, Kind: report.KindMinor},
			{ID: "use", Words: report.Words{EN: "Use of the cap", ZH: "使用率"}, Kind: report.KindPPM},
		},
	}
	for i, e := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(strconv.Itoa(i + 1)), report.Text(e.Borrower), report.Said(kindWords[e.Kind]), report.Minor(e.TotalMinor),
			ratio(int64(e.TotalMinor), int64(c.of(e.Kind))),
		})
	}
	t.Total = totalOf(t, "reserved")
	return t
}
