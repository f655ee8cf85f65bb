package submission

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Closer answers how a platform stood with a custodian at the last close on a day or before it. A read model does.
type Closer interface {
	LastClosing(ctx context.Context, platform, custodian string, notAfter calendar.Date) (projection.Closing, error)
}

// LastClosings are what a platform's disclosure of a period is made of: how it stood with each of its custodians when
// that one last closed a business day in the period. The standing of a custodian that closed none in it, on a holiday of
// its own, is carried forward from its last close before: its loans are still owed. A period in which no custodian closed
// a day has none.
func LastClosings(ctx context.Context, books Closer, pairs []projection.Pair, platform string, period disclosure.Period) ([]Closing, error) {
	var closings []Closing
	for _, pair := range pairs {
		if pair.Platform != platform {
			continue
		}
		c, err := books.LastClosing(ctx, platform, pair.Custodian, period.To)
		switch {
		case errors.Is(err, fault.New(fault.NotFound)):
			continue
		case err != nil:
			return nil, fmt.Errorf("look for the last close of %s in %s: %w", platform, period, err)
		}
		closings = append(closings, c)
	}
	if closedOn(closings) < period.From {
		return nil, nil
	}
	return closings, nil
}

// until is a read model as it was when a block had been written.
type until struct {
	Closer
	block uint64
}

// LastClosing answers the last close that the block, or one before it, holds.
func (u until) LastClosing(ctx context.Context, platform, custodian string, notAfter calendar.Date) (projection.Closing, error) {
	for {
		c, err := u.Closer.LastClosing(ctx, platform, custodian, notAfter)
		if err != nil || c.Block <= u.block {
			return c, err
		}
		notAfter = c.On.AddDays(-1)
	}
}

// closedOn is the last business day of some closings.
func closedOn(closings []Closing) calendar.Date {
	var last calendar.Date
	for _, c := range closings {
		last = max(last, c.On)
	}
	return last
}

// named are the closings as a disclosure names them.
func named(closings []Closing) []disclosure.Closing {
	names := make([]disclosure.Closing, len(closings))
	for i, c := range closings {
		names[i] = disclosure.Closing{Custodian: c.Custodian, On: c.On}
	}
	slices.SortFunc(names, func(a, b disclosure.Closing) int { return cmp.Compare(a.Custodian, b.Custodian) })
	return names
}

// textOf writes the names of closings for people.
func textOf(names []disclosure.Closing) string {
	if len(names) == 0 {
		return disclosure.Absent
	}
	texts := make([]string, len(names))
	for i, c := range names {
		texts[i] = c.Custodian + " " + c.On.String()
	}
	return strings.Join(texts, ", ")
}

// wentOn reports whether a custodian has closed a day that a disclosure does not tell of.
func wentOn(stated disclosure.Disclosure, now []Closing) bool {
	return slices.ContainsFunc(now, func(c Closing) bool {
		return !slices.ContainsFunc(stated.Closings, func(s disclosure.Closing) bool { return s.Custodian == c.Custodian && s.On >= c.On })
	})
}
