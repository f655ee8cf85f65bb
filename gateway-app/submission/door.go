package submission

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// What a regulator takes of one platform, where its settings say nothing else.
const (
	OpenStatements = 24  // that wait for its word: two years of months, of a platform that catches up
	StatementsADay = 300 // in any 24 hours, versions of one statement too
)

// admit refuses who is no platform of the network, and a period that lies ahead. A read model that is some blocks behind
// is waited for a little: to it the day that was closed just now lies ahead too.
func (r *Regulator) admit(ctx context.Context, platform, period string) error {
	if !slices.Contains(r.ledger.platforms(), platform) {
		return fault.New(fault.WrongMember)
	}
	parsed, err := disclosure.ParsePeriod(period)
	if err != nil {
		return err
	}
	late := time.NewTimer(r.settings.Patience)
	defer late.Stop()
	for {
		moved := r.ledger.books.Moved()
		err := r.begun(ctx, platform, parsed)
		if !errors.Is(err, fault.New(fault.NotYetDue)) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return err
		case <-moved:
		}
	}
}

// begun refuses a period that begins after the business day of each of a platform's custodians: until later one that their
// next day may be in, for good one that is further ahead than any day that they can open.
func (r *Regulator) begun(ctx context.Context, platform string, period disclosure.Period) error {
	if whole, err := r.ledger.whole(ctx); err != nil || !whole {
		return errors.Join(err, fault.New(fault.Unavailable))
	}
	days, err := r.ledger.days(ctx, platform)
	if err != nil {
		return err
	}
	var latest calendar.Date
	for _, day := range days {
		latest = max(latest, day.Date)
	}
	switch {
	case period.From <= latest:
		return nil
	case latest.IsZero() || period.From <= latest.AddDays(custody.LongestStepDays):
		return fault.In(fault.NotYetDue, "period")
	}
	return fault.In(fault.InvalidField, "period")
}

// room refuses another statement of a platform that has as many open as it may, besides the one that this one corrects,
// or has handed in as many in a day as it may.
func (r *Regulator) room(ctx context.Context, tx *sql.Tx, s Record) error {
	var open, taken int64
	const waiting = `SELECT COUNT(*) FROM submission WHERE state = $1 AND platform = $2 AND NOT (kind = $3 AND period = $4)`
	if err := tx.QueryRowContext(ctx, waiting, string(Received), s.Platform, s.Kind, s.Period).Scan(&open); err != nil {
		return fmt.Errorf("count the open statements of %s: %w", s.Platform, err)
	}
	const recent = `SELECT COUNT(*) FROM submission WHERE platform = $1 AND made_at > $2`
	if err := tx.QueryRowContext(ctx, recent, s.Platform, store.Time(r.now().Add(-24*time.Hour))).Scan(&taken); err != nil {
		return fmt.Errorf("count what %s handed in today: %w", s.Platform, err)
	}
	if open >= r.settings.OpenStatements || taken >= r.settings.StatementsADay {
		return fault.In(fault.Busy, "submission")
	}
	return nil
}
