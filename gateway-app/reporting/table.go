package reporting

import (
	"slices"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// totalOf is the last row of a table: the sums of some of its columns, nothing beneath the others. It is made of the
// rows, so that they add up to it. A table without rows has none, and neither has one whose sums do not fit.
func totalOf(t report.Table, summed ...string) []report.Value {
	if len(t.Rows) == 0 {
		return nil
	}
	total := make([]report.Value, len(t.Columns))
	total[0] = report.Total()
	for place, column := range t.Columns {
		if !slices.Contains(summed, column.ID) {
			continue
		}
		var sum money.Minor
		given := false
		for _, row := range t.Rows {
			n, is := row[place].Int()
			if !is {
				continue
			}
			var err error
			if sum, err = money.Add(sum, money.Minor(n)); err != nil {
				return nil
			}
			given = true
		}
		if given {
			total[place] = number(column.Kind, int64(sum))
		}
	}
	return total
}

// number is a value of a kind that counts something.
func number(kind report.Kind, n int64) report.Value {
	switch kind {
	case report.KindMinor:
		return report.Minor(money.Minor(n))
	case report.KindPPM:
		return report.PPM(money.PPM(n))
	}
	return report.Count(n)
}
