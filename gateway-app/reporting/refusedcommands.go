package reporting

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// refusedSort is what items of commands are counted by.
type refusedSort struct {
	month    string // of the business date; empty before the first business day
	function string
	code     fault.Code
}

// refusedItems is how many items of a sort were refused.
type refusedItems struct {
	refusedSort
	items int64
}

// refusedCommands counts what was refused of the member's own commands in the months that were asked for.
func (m Member) refusedCommands(ctx context.Context, books RefusedRecords, own RefusedCommands, q Query) ([]refusedItems, error) {
	list, err := own.Refusals(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	opened, err := books.BusinessDays(ctx)
	if err != nil {
		return nil, err
	}
	days := m.daysOpened(opened)
	counted := map[refusedSort]int64{}
	from, to := q.Text("from"), q.Text("to")
	for _, r := range list {
		month := monthOf(days.on(r))
		if month >= from && (to == "" || month <= to) {
			counted[refusedSort{month, r.Function, r.Code}] += r.Items
		}
	}
	sorted := make([]refusedItems, 0, len(counted))
	for sort, items := range counted {
		sorted = append(sorted, refusedItems{sort, items})
	}
	slices.SortFunc(sorted, func(a, b refusedItems) int {
		return cmp.Or(strings.Compare(a.month, b.month), strings.Compare(a.function, b.function), cmp.Compare(a.code, b.code))
	})
	return sorted, nil
}

// openedDays are the business days that custodians opened, in the order of the ledger, by the private collection that
// a custodian keeps with a platform. Under the empty name stand those of all custodians, each with the latest date so far.
type openedDays map[string][]projection.BusinessDay

func (m Member) daysOpened(list []projection.BusinessDay) openedDays {
	days := openedDays{}
	var latest calendar.Date
	for _, d := range list {
		for _, pair := range m.Pairs {
			if pair.Custodian == d.Custodian {
				collection := wire.PairCollection(pair.Platform, pair.Custodian)
				days[collection] = append(days[collection], d)
			}
		}
		latest = max(latest, d.Date)
		d.Date = latest
		days[""] = append(days[""], d)
	}
	return days
}

// on is the business date of a refused command; zero before the first business day. What came into a block is dated by
// that block, anything else by when its outcome was known.
func (o openedDays) on(r outbox.Refusal) calendar.Date {
	list, known := o[r.Collection]
	if !known {
		list = o[""]
	}
	for _, d := range slices.Backward(list) {
		if r.Block > 0 && d.Block <= r.Block || r.Block == 0 && !d.At.After(r.At) {
			return d.Date
		}
	}
	return 0
}

func monthOf(on calendar.Date) string {
	if on.IsZero() {
		return ""
	}
	return on.String()[:len("2024-03")]
}

func commandTable(list []refusedItems) report.Table {
	t := report.Table{
		ID: "commands", Title: report.Both("This member's own commands that the ledger refused", "本成员被账本拒绝的命令"),
		Columns: []report.Column{
			report.TextColumn("month", "Month", "月份"), report.CodedColumn("function", "Command", "命令"),
			report.CodedColumn("code", "Reason", "原因"), report.TextColumn("remedy", "What to do", "处理办法"),
			report.CountColumn("items", "Items", "条数"),
		},
	}
	for _, r := range list {
		month := report.None()
		if r.month != "" {
			month = report.Text(r.month)
		}
		t.Rows = append(t.Rows, []report.Value{
			month, wording.Function(r.function), wording.Refused(r.code), wording.Remedy(r.code), report.Count(r.items),
		})
	}
	t.Total = totalOf(t, "items")
	return t
}
