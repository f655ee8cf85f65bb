package reminder

import (
	"context"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// Turn makes what is due and sends what may be sent.
func (r *Reminders) Turn(ctx context.Context) (bool, error) { return r.turn(ctx) }

// Plan makes what is due and sends nothing.
func (r *Reminders) Plan(ctx context.Context) error { return r.plan(ctx) }

// Latest is latest.
func Latest(offsets []int, due, former, today calendar.Date) (int, bool) {
	return latest(offsets, due, former, today)
}

// QuietEnds is when the quiet hours end that an instant is in.
func QuietEnds(from, until, zone string, now time.Time) (time.Time, error) {
	q, err := quietHours(from, until, zone)
	if err != nil {
		return now, err
	}
	return q.ends(now), nil
}

// AmountIn is amountIn.
func AmountIn(c money.Currency, amount money.Minor, l Language) string { return amountIn(c, amount, l) }
