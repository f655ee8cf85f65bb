package reminder

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// sequence numbers reminders in the order in which they are made.
const sequence = "reminder"

// plan makes the reminders of every business day that has opened since.
func (r *Reminders) plan(ctx context.Context) error {
	for _, pair := range r.conduct.Pairs {
		day, err := r.parts.Books.Day(ctx, pair.Custodian)
		if notFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		former, err := r.former(ctx, pair.Custodian)
		if err != nil {
			return err
		}
		// A read model that is being rebuilt goes through days that were served long ago.
		if !day.State.Open || day.State.Date <= former {
			continue
		}
		if former.IsZero() {
			former = day.State.Date.AddDays(-1) // whoever begins does not make up for the past
		}
		if err := r.planDay(ctx, pair, former, day.State.Date); err != nil {
			return fmt.Errorf("make the reminders of %s at %s: %w", day.State.Date, pair.Custodian, err)
		}
	}
	return nil
}

// former is the business date up to which reminders were made; none before the first.
func (r *Reminders) former(ctx context.Context, custodian string) (calendar.Date, error) {
	var text string
	err := r.parts.Store.QueryRowContext(ctx, `SELECT COALESCE(MAX(business_on), '') FROM reminder_day WHERE custodian = $1`, custodian).Scan(&text)
	if err != nil || text == "" {
		return 0, err
	}
	return calendar.Parse(text)
}

// planDay makes the reminders whose day lies behind the former business date and not behind this one, in one
// transaction with the date up to which they are made.
func (r *Reminders) planDay(ctx context.Context, pair projection.Pair, former, today calendar.Date) error {
	made, err := r.due(ctx, pair, former, today)
	if err != nil {
		return err
	}
	return r.parts.Store.Write(ctx, func(tx *sql.Tx) error {
		if err := r.insert(ctx, tx, made); err != nil {
			return err
		}
		const put = `INSERT INTO reminder_day (custodian, business_on) VALUES ($1, $2)
			ON CONFLICT (custodian) DO UPDATE SET business_on = excluded.business_on WHERE reminder_day.business_on < excluded.business_on`
		_, err := tx.ExecContext(ctx, put, pair.Custodian, today.String())
		return err
	})
}

// earliest is the first of the days after due dates on which somebody is reminded.
func (r *Reminders) earliest() int {
	if len(r.settings.offsets) == 0 {
		return 0
	}
	return r.settings.offsets[0]
}

// due are the reminders whose time has come: of each unpaid instalment of an active loan the latest, in every channel.
func (r *Reminders) due(ctx context.Context, pair projection.Pair, former, today calendar.Date) ([]Reminder, error) {
	through := today.AddDays(-min(r.earliest(), 0))
	filter := projection.LoanDueFilter{
		Platform: pair.Platform, Custodian: pair.Custodian, Statuses: []loan.Status{loan.Active}, DueThrough: through,
	}
	list := func(ctx context.Context, page projection.Page) (projection.List[projection.LoanDue], error) {
		return r.parts.Books.LoansDue(ctx, filter, page)
	}
	var found []Reminder
	for l, err := range projection.All(ctx, list) {
		if err != nil {
			return nil, err
		}
		rows, err := r.rows(ctx, l, through)
		if err != nil {
			return nil, fmt.Errorf("loan %s: %w", l.Loan, err)
		}
		for _, due := range rows {
			days, ok := latest(r.settings.offsets, due, former, today)
			if !ok {
				continue
			}
			for _, channel := range r.channels() {
				found = append(found, Reminder{
					ID: identity(l.Loan, due, days, channel), Loan: l.Loan, DueOn: due, Days: days, Channel: channel,
					Party: l.Borrower, BusinessOn: today, custodian: pair.Custodian,
				})
			}
		}
	}
	return found, nil
}

// shortestMonth is how many days lie between two instalments at least.
const shortestMonth = 28

// rows are the due dates of a loan's unpaid instalments through a day. The loan itself is read only where there may be
// more than the oldest: of most loans there is not.
func (r *Reminders) rows(ctx context.Context, l projection.LoanDue, through calendar.Date) ([]calendar.Date, error) {
	if l.DueOn.AddDays(shortestMonth) > through {
		return []calendar.Date{l.DueOn}, nil
	}
	found, err := r.parts.Books.Loan(ctx, l.Loan)
	if err != nil {
		return nil, err
	}
	rest, err := repayment.Rest(found.State)
	if err != nil {
		return nil, err
	}
	var rows []calendar.Date
	for _, row := range rest {
		if row.Due <= through {
			rows = append(rows, row.Due)
		}
	}
	return rows, nil
}

// latest finds the last of the days, counted from a due date, that lies behind one date and not behind another. One
// before the due date counts no more once that has passed.
func latest(offsets []int, due, former, today calendar.Date) (days int, ok bool) {
	for _, days := range slices.Backward(offsets) {
		if on := due.AddDays(days); on > former && on <= today {
			return days, days > 0 || due >= today
		}
	}
	return 0, false
}

// insert stores reminders, but those that there are.
func (r *Reminders) insert(ctx context.Context, tx *sql.Tx, made []Reminder) error {
	if len(made) == 0 {
		return nil
	}
	first, err := store.Reserve(ctx, tx, sequence, int64(len(made)))
	if err != nil {
		return err
	}
	const put = `INSERT INTO reminder (` + columns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', 0, $10, '', 0) ON CONFLICT (id) DO NOTHING`
	statement, err := tx.PrepareContext(ctx, put)
	if err != nil {
		return err
	}
	defer statement.Close() //nolint:errcheck // it ends with its transaction
	at := store.Time(r.conduct.Now())
	for i, one := range made {
		_, err := statement.ExecContext(ctx, one.ID, first+int64(i), one.Loan, one.DueOn.String(), one.Days, string(one.Channel), one.Party,
			one.custodian, one.BusinessOn.String(), at, string(Pending))
		if err != nil {
			return fmt.Errorf("store a reminder: %w", err)
		}
	}
	return nil
}
