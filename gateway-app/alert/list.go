package alert

import (
	"context"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// Filter narrows a list of alerts. Empty fields ask for nothing.
type Filter struct {
	Status     Status
	Rule       string
	Severity   string
	Party      string // of the alert or of a movement that led to it
	Owner      string
	Unassigned bool
	DueBefore  calendar.Date // open ones whose last day is before this one
}

// Page is a part of a list: after a number, or before it when the newest come first.
type Page struct {
	After  int64
	Limit  int
	Newest bool
}

// List answers alerts in the order in which they were raised.
func (a *Alerts) List(ctx context.Context, f Filter, page Page) ([]Alert, error) {
	if page.After < 0 {
		return nil, fault.In(fault.InvalidField, "after")
	}
	text, values := f.query(page)
	rows, err := a.db.QueryContext(ctx, text, values...)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	defer rows.Close()
	list := []Alert{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

func (f Filter) query(page Page) (string, []any) {
	var where []string
	var values []any
	that := func(condition string, value any) {
		values = append(values, value)
		where = append(where, fmt.Sprintf("%s $%d", condition, len(values)))
	}
	order := "number"
	switch {
	case page.Newest && page.After > 0:
		that("number <", page.After)
	case !page.Newest:
		that("number >", page.After)
	}
	if page.Newest {
		order = "number DESC"
	}
	if f.Party != "" {
		values = append(values, f.Party)
		where = append(where, fmt.Sprintf(`(party = $%[1]d OR id IN
			(SELECT e.alert FROM alert_movement m JOIN alert_evidence e ON e.movement = m.seq WHERE m.party = $%[1]d))`, len(values)))
	}
	for condition, value := range map[string]string{
		"status =": string(f.Status), "rule =": f.Rule, "severity =": f.Severity, "owner =": f.Owner,
	} {
		if value != "" {
			that(condition, value)
		}
	}
	if f.Unassigned {
		that("owner =", "")
	}
	if !f.DueBefore.IsZero() {
		where = append(where, "closed_at = ''")
		that("due_on <", f.DueBefore.String())
	}
	if len(where) == 0 {
		where = append(where, "1 = 1")
	}
	values = append(values, page.Limit)
	return `SELECT ` + columns + ` FROM alert WHERE ` + strings.Join(where, " AND ") +
		fmt.Sprintf(" ORDER BY %s LIMIT $%d", order, len(values)), values
}

// Backlog is how many alerts are open, and of how many the last day for a report has passed.
type Backlog struct{ Open, Overdue int64 }

// Backlog counts, for metrics. Overdue is by a business date.
func (a *Alerts) Backlog(ctx context.Context, on calendar.Date) (Backlog, error) {
	const query = `SELECT COUNT(*), COUNT(CASE WHEN due_on < $1 THEN 1 END) FROM alert WHERE closed_at = ''`
	var b Backlog
	if err := a.db.QueryRowContext(ctx, query, on.String()).Scan(&b.Open, &b.Overdue); err != nil {
		return b, fmt.Errorf("count the alerts: %w", err)
	}
	return b, nil
}
