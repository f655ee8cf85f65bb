package reminder

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// waiting is a reminder that may be sent now, with what the member knows of its borrower.
type waiting struct {
	Reminder
	overtaken bool // a later one of the same instalment was made
	optedOut  bool
	language  Language
}

// pending lists what may be sent now through a channel, the longest waiting first.
func (r *Reminders) pending(ctx context.Context, channel Channel, limit int) ([]waiting, error) {
	const query = `SELECT ` + columns + `,
		EXISTS (SELECT 1 FROM reminder o WHERE o.loan = r.loan AND o.due_on = r.due_on AND o.channel = r.channel AND o.days > r.days),
		EXISTS (SELECT 1 FROM reminder_choice c WHERE c.party = r.party AND c.channel = r.channel AND c.opted_out),
		COALESCE((SELECT l.language FROM reminder_language l WHERE l.party = r.party), '')
		FROM reminder r WHERE r.channel = $1 AND r.due_at <> '' AND r.due_at <= $2 ORDER BY r.due_at, r.seq LIMIT $3`
	rows, err := r.parts.Store.QueryContext(ctx, query, string(channel), store.Time(r.conduct.Now()), limit)
	if err != nil {
		return nil, fmt.Errorf("look for reminders to send: %w", err)
	}
	defer rows.Close()
	var list []waiting
	for rows.Next() {
		var w waiting
		if w.Reminder, err = scan(rows, &w.overtaken, &w.optedOut, &w.language); err != nil {
			return nil, fmt.Errorf("look for reminders to send: %w", err)
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

// asked is what a reminder asks for.
type asked struct {
	number   int // of the instalment, from 1
	of       int
	currency money.Currency
	row      money.Minor // what is left of the instalment
	all      money.Minor // all that is past due on the business date, penalty with it; nothing before the due date
	today    calendar.Date
}

// judge says whether a reminder is still to be sent, by the books as they are now: with the reason why not.
func (r *Reminders) judge(ctx context.Context, w waiting, today calendar.Date) (asked, Reason, error) {
	if w.overtaken {
		return asked{}, Overtaken, nil
	}
	if w.optedOut && (w.Days < 0 || r.settings.OptOutCoversOverdue) {
		return asked{}, OptedOut, nil
	}
	if w.Days < 0 && w.DueOn < today {
		return asked{}, Overtaken, nil
	}
	found, err := r.parts.Books.Loan(ctx, w.Loan)
	if notFound(err) || err == nil && found.State.Status != loan.Active {
		return asked{}, Paid, nil
	}
	if err != nil {
		return asked{}, "", err
	}
	a, unpaid, err := ask(found.State, w.DueOn, today)
	if err != nil || !unpaid {
		return a, Paid, err
	}
	a.currency = found.Terms.Currency
	return a, "", nil
}

// today is the business date by which a reminder is judged.
func (r *Reminders) today(ctx context.Context, w waiting) (calendar.Date, error) {
	day, err := r.parts.Books.Day(ctx, w.custodian)
	if err != nil {
		return 0, fmt.Errorf("read the business day of %s: %w", w.custodian, err)
	}
	return day.State.Date, nil
}

// ask says what is left of an instalment, if anything is.
func ask(s loan.State, due, today calendar.Date) (asked, bool, error) {
	rest, err := repayment.Rest(s)
	if err != nil {
		return asked{}, false, err
	}
	for _, row := range rest {
		if row.Due != due {
			continue
		}
		a := asked{number: row.Number, of: s.Plan.Instalments, today: today}
		if a.row, err = row.TotalMinor(); err != nil {
			return asked{}, false, err
		}
		if due < today {
			position, err := repayment.At(s, today, today)
			if err != nil {
				return asked{}, false, err
			}
			a.all = position.PastDue.Total()
		}
		return a, true, nil
	}
	return asked{}, false, nil
}

// told is what a notice says of a reminder: nothing about a person.
type told struct {
	Loan        string         `json:"loan"`
	DueOn       calendar.Date  `json:"due_on"`
	Days        int            `json:"days"` // after the due date; before it, negative
	BusinessOn  calendar.Date  `json:"business_on"`
	Channel     Channel        `json:"channel"`
	Currency    money.Currency `json:"currency,omitempty"`
	AmountMinor money.Minor    `json:"amount_minor,omitempty"` // left of the instalment
	PastMinor   money.Minor    `json:"past_due_minor,omitempty"`
	Reason      Reason         `json:"reason,omitempty"`
}

// verdict is what becomes of a reminder.
type verdict struct {
	Reminder
	status Status
	reason Reason
	asked  asked
}

// typeOf is what the feed says of a verdict; nothing of what was skipped.
func (v verdict) typeOf() string {
	switch {
	case v.status == Failed:
		return "reminder.failed"
	case v.status == Sent && v.Channel == Webhook:
		return "reminder.due"
	case v.status == Sent:
		return "reminder.sent"
	}
	return ""
}

// conclude ends reminders in one transaction, with the notices that tell of it.
func (r *Reminders) conclude(ctx context.Context, verdicts ...verdict) error {
	if len(verdicts) == 0 {
		return nil
	}
	return r.parts.Store.Write(ctx, func(tx *sql.Tx) error {
		const put = `UPDATE reminder SET status = $2, reason = $3, due_at = '', ended_at = $4, amount_minor = $5 WHERE id = $1 AND due_at <> ''`
		statement, err := tx.PrepareContext(ctx, put)
		if err != nil {
			return fmt.Errorf("end reminders: %w", err)
		}
		defer statement.Close() //nolint:errcheck // it ends with its transaction
		var notices []notice.Notice
		at := store.Time(r.conduct.Now())
		for _, v := range verdicts {
			result, err := statement.ExecContext(ctx, v.ID, string(v.status), string(v.reason), at, int64(v.asked.row))
			if err != nil {
				return fmt.Errorf("end a reminder: %w", err)
			}
			ended, err := result.RowsAffected()
			if err != nil {
				return fmt.Errorf("end a reminder: %w", err)
			}
			if ended == 1 && v.typeOf() != "" {
				notices = append(notices, v.notice())
			}
		}
		return r.parts.Feed.AppendAll(ctx, tx, notices)
	})
}

// notice is what the feed says of a verdict.
func (v verdict) notice() notice.Notice {
	return notice.Notice{Type: v.typeOf(), Subject: v.Loan, Payload: told{
		Loan: v.Loan, DueOn: v.DueOn, Days: v.Days, BusinessOn: v.BusinessOn, Channel: v.Channel, Currency: v.asked.currency,
		AmountMinor: v.asked.row, PastMinor: v.asked.all, Reason: v.reason,
	}}
}

// webhookBatch is how many reminders end in one transaction.
const webhookBatch = 500

// tell sends what may be sent through the feed, and reports whether there may be more.
func (r *Reminders) tell(ctx context.Context) (bool, error) {
	list, err := r.pending(ctx, Webhook, webhookBatch)
	if err != nil || len(list) == 0 {
		return false, err
	}
	verdicts := make([]verdict, 0, len(list))
	today := map[string]calendar.Date{}
	for _, w := range list {
		v, err := r.outcome(ctx, w, today)
		if err == nil {
			verdicts = append(verdicts, v)
		} else if err := r.putOff(ctx, w.Reminder, err); err != nil {
			return false, err
		}
	}
	return len(list) == webhookBatch, r.conclude(ctx, verdicts...)
}

// outcome says what becomes of a reminder through the feed. The business dates that were read are kept in today.
func (r *Reminders) outcome(ctx context.Context, w waiting, today map[string]calendar.Date) (verdict, error) {
	v := verdict{Reminder: w.Reminder, status: Sent}
	if today[w.custodian].IsZero() {
		day, err := r.today(ctx, w)
		if err != nil {
			return v, err
		}
		today[w.custodian] = day
	}
	a, reason, err := r.judge(ctx, w, today[w.custodian])
	if err != nil {
		return v, fmt.Errorf("look whether a reminder is still due: %w", err)
	}
	if v.asked = a; reason != "" {
		v.status, v.reason = Skipped, reason
	}
	return v, nil
}
