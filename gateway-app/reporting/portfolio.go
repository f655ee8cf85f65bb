package reporting

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// Cells are what the report on portfolios reads: *projection.Model.
type Cells interface {
	Rulebook
	Portfolio(ctx context.Context, f projection.PortfolioFilter) ([]projection.Cell, error)
}

// dimension is one thing that a portfolio can be grouped by.
type dimension struct {
	id    string
	words report.Words
	by    projection.Dimension
	value func(c projection.Cell, edges []int) report.Value
}

// dimensions are all of them, in the order of the columns.
var dimensions = []dimension{
	{"platform", report.Both("Platform", "平台"), projection.ByPlatform, func(c projection.Cell, _ []int) report.Value { return report.Text(c.Platform) }},
	{"custodian", report.Both("Custodian", "存管银行"), projection.ByCustodian, func(c projection.Cell, _ []int) report.Value { return report.Text(c.Custodian) }},
	{"grade", report.Both("Grade", "评级"), projection.ByGrade, func(c projection.Cell, _ []int) report.Value { return report.Text(cmp.Or(c.Grade, "–")) }},
	{"term", report.Both("Months", "期限（月）"), projection.ByTerm, func(c projection.Cell, _ []int) report.Value { return report.Text(strconv.Itoa(c.TermMonths)) }},
	{"vintage", report.Both("Lent in", "放款月份"), projection.ByVintage, func(c projection.Cell, _ []int) report.Value { return report.Text(c.Vintage) }},
	{"status", report.Both("Status", "状态"), projection.ByStatus, func(c projection.Cell, _ []int) report.Value { return wording.LoanStatus(c.Status) }},
	{"related", report.Both("Related party", "关联方"), projection.ByRelated, func(c projection.Cell, _ []int) report.Value { return report.Said(related[c.Related]) }},
	{"bucket", report.Both("Days overdue", "逾期天数"), projection.ByOverdue, func(c projection.Cell, edges []int) report.Value { return report.Text(bucketName(c.Overdue, edges)) }},
}

var related = map[bool]report.Words{true: {EN: "yes", ZH: "是"}, false: {EN: "no", ZH: "否"}}

func dimensionIDs() []string {
	ids := make([]string, len(dimensions))
	for i, d := range dimensions {
		ids[i] = d.id
	}
	return ids
}

// usualBuckets are the last days of the overdue buckets: 1 to 30, 31 to 60, 61 to 90, 91 to 180, and more. What is not
// overdue is a bucket before them.
const usualBuckets = "30,60,90,180"

const (
	mostBuckets = 12
	mostDays    = 10_000
	mostRows    = 20_000 // of one table
)

// Portfolio reports all loans that were disbursed, grouped as asked, with what they owe and how overdue they are, and how
// the loans of each month of origination fared.
func Portfolio(m Member, books Cells) Report {
	return Report{
		ID:      "portfolio",
		Words:   portfolioTitle,
		Members: []party.MemberKind{party.Regulator, party.Platform, party.Custodian},
		Parameters: []Parameter{
			platformParameter,
			{
				Name: "by", Kind: KindChoices, Choices: dimensionIDs(), Default: "platform,bucket",
				Words: report.Words{EN: "What to group by, with commas between: " + strings.Join(dimensionIDs(), ", "), ZH: "分组维度，以逗号分隔"},
			},
			{
				Name: "buckets", Kind: KindText, Default: usualBuckets,
				Words: report.Both("The last day of each bucket of overdue loans but the last", "逾期分档的各档末日，递增"),
			},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) { return portfolioOf(ctx, m, books, q) },
	}
}

var portfolioTitle = report.Both("Portfolio", "资产组合")

var portfolioNote = report.Both(
	"Loans count from their disbursement, also when they are repaid. A loan is overdue from the day after its oldest unpaid row fell due, by its custodian's business date, with all the principal that it still owes. Shares of a vintage are of the principal lent in that month.",
	"借款自放款起计入，结清后仍计。最早未付期次到期次日起计逾期，以存管银行营业日为准，按剩余全部本金计。账龄表占比以当月放款本金为分母。")

func portfolioOf(ctx context.Context, m Member, books Cells, q Query) (report.Document, error) {
	platform, err := m.platform(q)
	if err != nil {
		return report.Document{}, err
	}
	edges, err := readEdges(q.Text("buckets"))
	if err != nil {
		return report.Document{}, err
	}
	b, err := newBasis(ctx, m, books, platform, "")
	if err != nil {
		return report.Document{}, err
	}
	by := chosen(q.Choices("by"))
	grouped, err := b.cells(ctx, books, platform, by, edges)
	if err != nil {
		return report.Document{}, err
	}
	if len(grouped) > mostRows {
		return report.Document{}, fault.In(fault.BatchTooLarge, "by")
	}
	vintages, err := b.cells(ctx, books, platform, chosen([]string{"vintage", "bucket"}), vintageEdges)
	if err != nil {
		return report.Document{}, err
	}
	d := b.document(m, platform, "portfolio", portfolioTitle, spanFacts(platform, q))
	d.Version = 2 // statuses have codes beside their words
	d.Tables = []report.Table{groupedTable(grouped, by, edges), vintageTable(vintages)}
	d.Notes = []report.Words{portfolioNote}
	return d, nil
}

// chosen are the dimensions of some ids, in the one order of columns.
func chosen(ids []string) []dimension {
	return slices.DeleteFunc(slices.Clone(dimensions), func(d dimension) bool { return !slices.Contains(ids, d.id) })
}

// cells sums the portfolio up. Every custodian's loans are overdue by its own business date.
func (b basis) cells(ctx context.Context, books Cells, platform string, by []dimension, edges []int) ([]projection.Cell, error) {
	sums := map[projection.Cell]*projection.Cell{}
	for custodian, on := range b.days {
		if on.IsZero() {
			continue // nothing was ever lent there
		}
		f := projection.PortfolioFilter{Platform: platform, Custodian: custodian, On: on, Bounds: edges}
		for _, d := range by {
			f.By = append(f.By, d.by)
		}
		found, err := books.Portfolio(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			alike := alikeOf(c)
			if sums[alike] == nil {
				sums[alike] = &projection.Cell{}
			}
			addCell(sums[alike], c)
		}
	}
	list := make([]projection.Cell, 0, len(sums))
	for alike, sum := range sums {
		alike.Loans, alike.OwingLoans = sum.Loans, sum.OwingLoans
		alike.PrincipalMinor, alike.OutstandingMinor, alike.InterestMinor = sum.PrincipalMinor, sum.OutstandingMinor, sum.InterestMinor
		list = append(list, alike)
	}
	slices.SortFunc(list, compareCells)
	return list, nil
}

// alikeOf is a cell without its sums.
func alikeOf(c projection.Cell) projection.Cell {
	c.Loans, c.OwingLoans, c.PrincipalMinor, c.OutstandingMinor, c.InterestMinor = 0, 0, 0, 0, 0
	return c
}

func addCell(sum *projection.Cell, c projection.Cell) {
	sum.Loans += c.Loans
	sum.OwingLoans += c.OwingLoans
	sum.PrincipalMinor += c.PrincipalMinor
	sum.OutstandingMinor += c.OutstandingMinor
	sum.InterestMinor += c.InterestMinor
}

func compareCells(a, b projection.Cell) int {
	order := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	return cmp.Or(
		strings.Compare(a.Platform, b.Platform), strings.Compare(a.Custodian, b.Custodian), strings.Compare(a.Grade, b.Grade),
		cmp.Compare(a.TermMonths, b.TermMonths), strings.Compare(a.Vintage, b.Vintage), cmp.Compare(a.Status, b.Status),
		cmp.Compare(order(a.Related), order(b.Related)), cmp.Compare(a.Overdue, b.Overdue),
	)
}

// readEdges reads the last days of buckets.
func readEdges(text string) ([]int, error) {
	var edges []int
	for part := range strings.SplitSeq(text, ",") {
		edge, err := strconv.Atoi(part)
		rising := len(edges) == 0 || edge > edges[max(0, len(edges)-1)]
		if err != nil || edge < 1 || edge > mostDays || !rising || len(edges) == mostBuckets {
			return nil, fault.In(fault.InvalidField, "buckets")
		}
		edges = append(edges, edge)
	}
	return edges, nil
}

// bucketName says which days overdue a bucket holds.
func bucketName(place int, edges []int) string {
	switch {
	case place == 0:
		return "0"
	case place > len(edges):
		return "> " + strconv.Itoa(edges[len(edges)-1])
	case place == 1:
		return "1–" + strconv.Itoa(edges[0])
	}
	return strconv.Itoa(edges[place-2]+1) + "–" + strconv.Itoa(edges[place-1])
}

// groupedTable shows cells with their shares of all.
func groupedTable(cells []projection.Cell, by []dimension, edges []int) report.Table {
	t := report.Table{ID: "portfolio", Title: report.Both("Loans", "借款")}
	for _, d := range by {
		t.Columns = append(t.Columns, report.Column{ID: d.id, Words: d.words, Kind: report.KindText, Coded: d.by == projection.ByStatus})
	}
	t.Columns = append(t.Columns, sumColumns...)
	loans, outstanding := make([]int64, len(cells)), make([]int64, len(cells))
	for i, c := range cells {
		loans[i], outstanding[i] = c.Loans, int64(c.OutstandingMinor)
	}
	ofLoans, ofOutstanding := shares(loans), shares(outstanding)
	for i, c := range cells {
		row := make([]report.Value, 0, len(t.Columns))
		for _, d := range by {
			row = append(row, d.value(c, edges))
		}
		t.Rows = append(t.Rows, append(row,
			report.Count(c.Loans), ofLoans[i], report.Minor(c.PrincipalMinor), report.Count(c.OwingLoans),
			report.Minor(c.OutstandingMinor), ofOutstanding[i], report.Minor(c.InterestMinor)))
	}
	t.Total = totalOf(t, "loans", "loans_share", "lent", "owing", "outstanding", "outstanding_share", "interest")
	return t
}

var sumColumns = []report.Column{
	report.CountColumn("loans", "Loans", "笔数"),
	report.PPMColumn("loans_share", "Share of loans", "笔数占比"),
	report.MinorColumn("lent", "Lent", "放款本金"),
	report.CountColumn("owing", "Loans with a balance", "有余额笔数"),
	report.MinorColumn("outstanding", "Balance", "本金余额"),
	report.PPMColumn("outstanding_share", "Share of the balance", "余额占比"),
	report.MinorColumn("interest", "Interest unpaid", "未付利息"),
}
