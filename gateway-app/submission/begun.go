package submission

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
)

// begun refuses a statement of a period that begins after the last close of all of the platform's custodians: there is
// nothing yet that it could state. The regulator would refuse it, for good if it is far ahead, and a version would be
// spent on it. What one of two custodians has closed may be stated: it waits for the other.
func (p *Platform) begun(ctx context.Context, period disclosure.Period) error {
	if whole, err := p.ledger.whole(ctx); err != nil || !whole {
		return cmp.Or(err, error(fault.New(fault.Unavailable)))
	}
	last, err := p.ledger.lastClosed(ctx, p.settings.Member)
	if err != nil {
		return err
	}
	switch {
	case !last.IsZero() && period.From <= last:
		return nil
	case last.IsZero():
		return invalid("period", "wait for the close of the first business day: none was closed yet")
	}
	return invalid("period", fmt.Sprintf("wait for the close of the business day: the last that was closed is %s", last))
}

// lastClosed is the last business day that a custodian of a platform closed; zero where none did.
func (l Ledger) lastClosed(ctx context.Context, platform string) (calendar.Date, error) {
	var last calendar.Date
	days, err := l.days(ctx, platform)
	if err != nil {
		return 0, err
	}
	for _, day := range days {
		c, err := l.books.LastClosing(ctx, platform, day.Custodian, day.Date)
		if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
			return 0, fmt.Errorf("look for the last close of %s: %w", day.Custodian, err)
		}
		last = max(last, c.On)
	}
	return last, nil
}
