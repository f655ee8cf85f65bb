package submission

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
)

// whole reports whether the read model leaves nothing out that it held before. Of one that does nothing is stated and
// nothing judged: it looks like a ledger on which less was lent.
func (l Ledger) whole(ctx context.Context) (bool, error) {
	standing, err := l.books.Standing(ctx)
	return err == nil && standing.Whole(), err
}

// days are the last business days of all custodians that have opened their books for a platform, whether they closed
// one in a period or not. A custodian that never opened a day holds nobody up: it has booked nothing.
func (l Ledger) days(ctx context.Context, platform string) ([]custody.Day, error) {
	var days []custody.Day
	for _, pair := range l.pairs {
		if pair.Platform != platform {
			continue
		}
		opened, err := l.books.BooksOpened(ctx, wire.PairCollection(platform, pair.Custodian))
		if err != nil {
			return nil, fmt.Errorf("look whether %s has opened its books for %s: %w", pair.Custodian, platform, err)
		}
		if !opened {
			continue
		}
		day, err := l.books.Day(ctx, pair.Custodian)
		if errors.Is(err, fault.New(fault.NotFound)) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for the business day of %s: %w", pair.Custodian, err)
		}
		days = append(days, day.State)
	}
	return days, nil
}

// businessDay is the day of whichever of a platform's custodians is furthest behind: before that one has left a month, no
// platform can state it. It is zero of a platform whose custodians have opened no day.
func (l Ledger) businessDay(ctx context.Context, platform string) (calendar.Date, error) {
	days, err := l.days(ctx, platform)
	var first calendar.Date
	for _, day := range days {
		if first.IsZero() || day.Date < first {
			first = day.Date
		}
	}
	return first, err
}

// over reports whether each of a platform's custodians has opened a day after a period: no close of it can follow.
func (l Ledger) over(ctx context.Context, platform string, period disclosure.Period) (bool, error) {
	days, err := l.days(ctx, platform)
	for _, day := range days {
		if day.Date <= period.To {
			return false, err
		}
	}
	return len(days) > 0, err
}

// closed reports whether each of a platform's custodians has closed a day, or opened a later one.
func (l Ledger) closed(ctx context.Context, platform string, on calendar.Date) (bool, error) {
	days, err := l.days(ctx, platform)
	for _, day := range days {
		if !past(day, on) {
			return false, err
		}
	}
	return len(days) > 0, err
}

// past reports whether a custodian that is at a business day can close another one no more.
func past(at custody.Day, on calendar.Date) bool { return at.Date > on || at.Date == on && !at.Open }
