package reporting

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// Exposures are what the report on caps reads: *projection.Model.
type Exposures interface {
	Rulebook
	CapUsage(ctx context.Context, natural, legal []money.Minor) (ofNatural, ofLegal []projection.Usage, err error)
	LargestExposures(ctx context.Context, most int) ([]projection.Exposed, error)
}

// bandPercents are where one band of use ends and the next begins; what lies beyond the last is above the cap.
var bandPercents = []int64{50, 80, 95, 100}

const (
	usualLargest = "20"
	mostLargest  = 1000
)

// CapUsage reports how much of the network's cap borrowers use, at the regulator: in bands, and the borrowers who use
// the most of it by common pseudonym. It never says who they are.
func CapUsage(m Member, books Exposures) Report {
	return Report{
		ID:      "cap_usage",
		Words:   report.Words{EN: "Use of borrowers' caps", ZH: "借款人余额上限使用情况"},
		Members: []party.MemberKind{party.Regulator}, Personal: true,
		Parameters: []Parameter{
			{Name: "regime", Words: report.Words{EN: "The pack whose caps are meant; without it, the one in force", ZH: "规则包，缺省为现行"}, Kind: KindText},
			{
				Name: "most", Kind: KindNumber, Default: usualLargest, Most: mostLargest,
				Words: report.Words{EN: "How many of the largest of each kind to list", ZH: "每类列示最大借款人数"},
			},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) {
			c, err := newCaps(ctx, m, books, q)
			if err != nil {
				return report.Document{}, err
			}
			return c.document(ctx, books, q.Number("most"))
		},
	}
}

// caps is a report on caps while it is made.
type caps struct {
	head report.Document
	rule regime.Rules
}

func newCaps(ctx context.Context, m Member, books Rulebook, q Query) (caps, error) {
	list, err := packs(ctx, books)
	if err != nil {
		return caps{}, err
	}
	on, err := m.today(ctx, books)
	if err != nil {
		return caps{}, err
	}
	pack, err := lendingPack(list, on, q.Text("regime"))
	if err != nil {
		return caps{}, err
	}
	if pack.ID == "" {
		return caps{}, fault.In(fault.RegimeUnknown, "regime")
	}
	return caps{rule: pack.Rules, head: report.Document{
		ID: "cap-usage", Version: 1, Title: report.Words{EN: "Use of borrowers' caps", ZH: "借款人余额上限使用情况"},
		Currency: currencyOf(pack), AsOf: on,
		Facts: []report.Fact{
			{ID: "regime", Words: report.Words{EN: "Rules", ZH: "规则包"}, Value: report.Text(pack.ID)},
			{ID: "natural_cap", Words: report.Words{EN: "Cap of a natural person, all platforms", ZH: "自然人全网上限"}, Value: report.Minor(pack.Rules.Natural.NetworkMinor)},
			{ID: "legal_cap", Words: report.Words{EN: "Cap of a legal person, all platforms", ZH: "法人全网上限"}, Value: report.Minor(pack.Rules.Legal.NetworkMinor)},
		},
		Notes: []report.Words{{
			EN: "What is reserved counts: the whole principal from clearance, the outstanding principal as it is repaid. A borrower is a common pseudonym; the ledger knows no identity.",
			ZH: "按占用计：自审批通过起计全部本金，还款后计剩余本金。借款人以统一化名表示，账本不含身份。",
		}},
	}}, nil
}

func (c caps) document(ctx context.Context, books Exposures, most int) (report.Document, error) {
	natural, legal, err := books.CapUsage(ctx, bounds(c.rule.Natural.NetworkMinor), bounds(c.rule.Legal.NetworkMinor))
	if err != nil {
		return report.Document{}, err
	}
	largest, err := books.LargestExposures(ctx, most)
	if err != nil {
		return report.Document{}, err
	}
	d := c.head
	d.Tables = []report.Table{usageTable(natural, legal), c.largestTable(largest)}
	return d, nil
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

func usageTable(natural, legal []projection.Usage) report.Table {
	t := report.Table{
		ID: "usage", Title: report.Words{EN: "Borrowers by use of their cap", ZH: "按上限使用率分档"},
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
	for _, list := range [][]projection.Usage{natural, legal} {
		for _, u := range list {
			people, amounts = append(people, u.Borrowers), append(amounts, int64(u.AmountMinor))
		}
	}
	ofPeople, ofAmounts := shares(people), shares(amounts)
	at := 0
	for _, group := range []struct {
		kind party.Kind
		list []projection.Usage
	}{{party.Natural, natural}, {party.Legal, legal}} {
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

func (c caps) largestTable(list []projection.Exposed) report.Table {
	t := report.Table{
		ID: "largest", Title: report.Words{EN: "The largest borrowers of each kind", ZH: "各类最大借款人"},
		Columns: []report.Column{
			{ID: "rank", Words: report.Words{EN: "Rank", ZH: "序号"}, Kind: report.KindText},
			{ID: "pseudonym", Words: report.Words{EN: "Common pseudonym", ZH: "统一化名"}, Kind: report.KindText},
			{ID: "kind", Words: report.Words{EN: "Kind", ZH: "类别"}, Kind: report.KindText},
			{ID: "reserved", Words: report.Words{EN: "Reserved", ZH: "占用金额"}, Kind: report.KindMinor},
			{ID: "use", Words: report.Words{EN: "Use of the cap", ZH: "使用率"}, Kind: report.KindPPM},
		},
	}
	for i, e := range list {
		limit := c.rule.Natural.NetworkMinor
		if e.Kind == party.Legal {
			limit = c.rule.Legal.NetworkMinor
		}
		t.Rows = append(t.Rows, []report.Value{
			report.Text(strconv.Itoa(i + 1)), report.Text(e.Pseudonym), report.Said(kindWords[e.Kind]), report.Minor(e.TotalMinor),
			ratio(int64(e.TotalMinor), int64(limit)),
		})
	}
	t.Total = totalOf(t, "reserved")
	return t
}
