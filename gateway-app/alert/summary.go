package alert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Tally is what became of the alerts of one rule in one month.
type Tally struct {
	Month   string // of their business dates, as 2024-03
	Rule    string
	Counts  map[Status]int64
	Closing time.Duration // added up, from raising to outcome, of those that have one
	Longest time.Duration
}

// Closed is how many have an outcome.
func (t Tally) Closed() int64 { return t.Counts[Dismissed] + t.Counts[Reported] }

// Summary answers a tally of each month and rule, in order, of business dates from one to another; a zero date bounds
// nothing.
func (a *Alerts) Summary(ctx context.Context, from, to calendar.Date) (list []Tally, err error) {
	const query = `SELECT substr(business_date, 1, 7), rule, status, opened_at, closed_at FROM alert
		WHERE business_date >= $1 AND ($2 = '' OR business_date <= $2) ORDER BY 1, 2, number`
	rows, err := a.db.QueryContext(ctx, query, from.String(), to.String())
	if err != nil {
		return nil, fmt.Errorf("sum up the alerts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var month, rule, opened, closed string
		var status Status
		if err := rows.Scan(&month, &rule, &status, &opened, &closed); err != nil {
			return nil, fmt.Errorf("sum up the alerts: %w", err)
		}
		if last := len(list) - 1; last < 0 || list[last].Month != month || list[last].Rule != rule {
			list = append(list, Tally{Month: month, Rule: rule, Counts: map[Status]int64{}})
		}
		if err := list[len(list)-1].add(status, opened, closed); err != nil {
			return nil, fmt.Errorf("sum up the alerts: %w", err)
		}
	}
	return list, rows.Err()
}

func (t *Tally) add(status Status, opened, closed string) error {
	t.Counts[status]++
	if closed == "" {
		return nil
	}
	began, err := store.ParseTime(opened)
	if err != nil {
		return err
	}
	ended, err := store.ParseTime(closed)
	if err != nil {
		return err
	}
	took := ended.Sub(began)
	t.Closing, t.Longest = t.Closing+took, max(t.Longest, took)
	return nil
}
