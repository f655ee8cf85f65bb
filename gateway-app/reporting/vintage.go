package reporting

import (
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// vintageEdges are the days overdue by which a vintage is judged: bucket 2 is overdue for longer than the first, bucket 3
// for longer than the second.
var vintageEdges = []int{30, 90}

// vintage is how the loans of a month fared: all of them, and those of them that are overdue for longer than the edges.
type vintage struct{ all, early, late projection.Cell }

func (v *vintage) add(c projection.Cell) {
	addCell(&v.all, c)
	if c.Overdue >= 2 {
		addCell(&v.early, c)
	}
	if c.Overdue >= 3 {
		addCell(&v.late, c)
	}
}

// vintageTable says of each month of origination which part of it is overdue. Cells come month by month.
func vintageTable(cells []projection.Cell) report.Table {
	t := report.Table{ID: "vintage", Title: report.Both("By month of origination", "账龄分析（按放款月份）"), Columns: vintageColumns}
	var total, month vintage
	for i, c := range cells {
		month.add(c)
		total.add(c)
		if i+1 == len(cells) || cells[i+1].Vintage != c.Vintage {
			t.Rows = append(t.Rows, month.values(report.Text(c.Vintage)))
			month = vintage{}
		}
	}
	if len(t.Rows) > 0 {
		t.Total = total.values(report.Total())
	}
	return t
}

var vintageColumns = []report.Column{
	report.TextColumn("vintage", "Lent in", "放款月份"),
	report.CountColumn("loans", "Loans", "笔数"),
	report.MinorColumn("lent", "Lent", "放款本金"),
	report.MinorColumn("outstanding", "Balance", "本金余额"),
	report.CountColumn("over_30_loans", "Loans overdue > 30 days", "逾期 30 天以上笔数"),
	report.MinorColumn("over_30", "Balance overdue > 30 days", "逾期 30 天以上余额"),
	report.PPMColumn("over_30_share", "Of what was lent", "占放款本金"),
	report.CountColumn("over_90_loans", "Loans overdue > 90 days", "逾期 90 天以上笔数"),
	report.MinorColumn("over_90", "Balance overdue > 90 days", "逾期 90 天以上余额"),
	report.PPMColumn("over_90_share", "Of what was lent", "占放款本金"),
}

func (v vintage) values(name report.Value) []report.Value {
	return []report.Value{
		name, report.Count(v.all.Loans), report.Minor(v.all.PrincipalMinor), report.Minor(v.all.OutstandingMinor),
		report.Count(v.early.Loans), report.Minor(v.early.OutstandingMinor), ratio(int64(v.early.OutstandingMinor), int64(v.all.PrincipalMinor)),
		report.Count(v.late.Loans), report.Minor(v.late.OutstandingMinor), ratio(int64(v.late.OutstandingMinor), int64(v.all.PrincipalMinor)),
	}
}
