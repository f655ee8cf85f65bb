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
	"github.com/tallystick/tallystick/gateway-app/report/wording"
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

var capTitle = report.Both("Use of borrowers' caps", "借款人余额上限使用情况")

// CapUsage reports how much of their caps borrowers use, in bands, and the borrowers who use the most: at the regulator of
// the network's caps, by common pseudonym; at a platform of its own, by handle. It never says who they are.
func CapUsage(m Member, books Exposures) Report {
	return Report{
		ID: "cap_usage", Words: capTitle, Members: []party.MemberKind{party.Regulator, party.Platform}, Personal: true,
		Parameters: []Parameter{
			{Name: "regime", Words: report.Both("The pack whose caps are meant; without it, the one in force", "规则包，缺省为现行"), Kind: KindText},
			{
				Name: "most", Kind: KindNumber, Default: usualLargest, Most: mostLargest,
				Words: report.Both("How many of the largest of each kind to list", "每类列示最大借款人数"),
			},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) {
			b, err := newBasis(ctx, m, books, "", q.Text("regime"))
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
	d := b.document(m, "", "cap-usage", capTitle, []report.Fact{
		report.NewFact("regime", "Rules", "规则包", report.Text(b.pack.ID)),
		report.NewFact("natural_cap", "Cap of a natural person", "自然人上限", report.Minor(c.natural)),
		report.NewFact("legal_cap", "Cap of a legal person", "法人上限", report.Minor(c.legal)),
	})
	d.Version = 2 // kinds of borrowers have codes beside their words
	d.Notes = []report.Words{note}
	return d
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

func usageTable(id, custodian string, use projection.CapUse) report.Table {
	t := report.Table{
		ID: id, Title: with(report.Both("Borrowers by use of their cap", "按上限使用率分档"), custodian),
		Columns: []report.Column{
			report.CodedColumn("kind", "Kind", "类别"),
			report.TextColumn("band", "Use of the cap", "使用率"),
			report.CountColumn("borrowers", "Borrowers", "借款人数"),
			report.PPMColumn("borrowers_share", "Share of borrowers", "人数占比"),
			report.MinorColumn("reserved", "Reserved", "占用金额"),
			report.PPMColumn("reserved_share", "Share of what is reserved", "金额占比"),
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
				wording.PartyKind(group.kind), report.Text(bandName(place)), report.Count(u.Borrowers), ofPeople[at],
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
		ID: id, Title: with(report.Both("The largest borrowers of each kind", "各类最大借款人"), custodian),
		Columns: []report.Column{
			report.TextColumn("rank", "Rank", "序号"),
			report.TextColumn("borrower", "Borrower, by pseudonym", "借款人（化名）"),
			report.CodedColumn("kind", "Kind", "类别"),
			report.MinorColumn("reserved", "Reserved", "占用金额"),
			report.PPMColumn("use", "Use of the cap", "使用率"),
		},
	}
	for i, e := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(strconv.Itoa(i + 1)), report.Text(e.Borrower), wording.PartyKind(e.Kind), report.Minor(e.TotalMinor),
			ratio(int64(e.TotalMinor), int64(c.of(e.Kind))),
		})
	}
	t.Total = totalOf(t, "reserved")
	return t
}
