package submission

import (
	"context"
	"iter"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// Closing is a platform's standing with one custodian at the close of a business day, and the block that closed it.
type Closing struct {
	Standing portfolio.Standing
	Block    uint64
}

// Books is what a member's read model says, of which Model is one.
type Books interface {
	// LastClosings are a platform's closings of the last business day that each of its custodians closed in a period.
	LastClosings(ctx context.Context, platform string, period disclosure.Period) ([]Closing, error)
	// FirstClosing is the first business day that was closed with a standing of the platform.
	FirstClosing(ctx context.Context, platform string) (on calendar.Date, any bool, err error)
	// Platforms lists the platforms that have a closing.
	Platforms(ctx context.Context) ([]string, error)
	// Day is a custodian's business day as it stands.
	Day(ctx context.Context, custodian string) (custody.Day, error)
	// Packs are all packs that were proposed.
	Packs(ctx context.Context) ([]regime.Pack, error)
	// Lines are all loans of a platform with a custodian that had been disbursed by a closing, as they were then.
	Lines(ctx context.Context, c Closing) iter.Seq2[Line, error]
	// Moved is closed when the read model moves next.
	Moved() <-chan struct{}
}

// closedOn is the last business day of some closings.
func closedOn(closings []Closing) calendar.Date {
	var last calendar.Date
	for _, c := range closings {
		last = max(last, c.Standing.On)
	}
	return last
}

// over reports whether each of some custodians has opened a day after the period: no close of it can follow.
func over(ctx context.Context, books Books, closings []Closing, period disclosure.Period) (bool, error) {
	for _, c := range closings {
		day, err := books.Day(ctx, c.Standing.Custodian)
		if err != nil {
			return false, err
		}
		if day.Date <= period.To {
			return false, nil
		}
	}
	return len(closings) > 0, nil
}
