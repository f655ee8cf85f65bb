package kyc

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/screening"
)

const upkeepPage = 500

// Upkeep counts what a run did.
type Upkeep struct {
	Expired    int                  `json:"expired"`
	Checked    int                  `json:"checked"` // submitted cases that waited for a provider
	Waiting    int                  `json:"waiting"` // that still do
	Flagged    int                  `json:"flagged"`
	Cleared    int                  `json:"cleared"`
	Rescreened screening.Rescreened `json:"rescreened"`
}

// Run does what is due: it screens everybody whom the present lists have not seen, flags who is verified
// and was hit, clears whose hits were all dismissed, expires what is past its last day, and asks
// providers that could not be asked before. It derives all of it from what is stored, so it may be
// interrupted, repeated and run by several processes.
func (c *Cases) Run(ctx context.Context) (Upkeep, error) {
	var u Upkeep
	var err error
	if u.Rescreened, err = c.screening.Rescreen(ctx, c.people); err != nil {
		return u, err
	}
	after := ""
	for {
		page, err := c.List(ctx, "", after, upkeepPage)
		if err != nil {
			return u, err
		}
		for _, k := range page {
			if err := c.keepUp(ctx, k, &u); err != nil {
				return u, err
			}
			after = k.ID
		}
		if len(page) < upkeepPage {
			return u, nil
		}
	}
}

func (c *Cases) keepUp(ctx context.Context, k Case, u *Upkeep) error {
	switch {
	case k.Status == Submitted && k.Report == nil:
		return c.checkAgain(ctx, k, u)
	case k.Status != Verified:
		return nil
	case c.today() > k.Expires:
		return c.move(ctx, k, ActExpire, &u.Expired)
	}
	standing, err := c.standing(ctx, k.Person)
	switch {
	case err != nil:
		return err
	case !k.Flagged && standing.Open+standing.Confirmed > 0:
		return c.move(ctx, k, ActFlag, &u.Flagged)
	case k.Flagged && standing.Clear():
		return c.move(ctx, k, ActClear, &u.Cleared)
	}
	return nil
}

// checkAgain leaves a case whose provider cannot be asked for the next run.
func (c *Cases) checkAgain(ctx context.Context, k Case, u *Upkeep) error {
	_, err := c.Check(ctx, k.Person)
	switch {
	case err == nil:
		u.Checked++
	case errors.Is(err, fault.New(fault.Unavailable)):
		u.Waiting++
	case !overtaken(err):
		return fmt.Errorf("keep up with the cases: %w", err)
	}
	return nil
}

func (c *Cases) standing(ctx context.Context, person string) (screening.Standing, error) {
	watched, err := c.people.Watched(ctx, nil, person)
	if err != nil {
		return screening.Standing{}, err
	}
	return c.screening.Standing(ctx, nil, watched)
}

func (c *Cases) move(ctx context.Context, k Case, action Action, count *int) error {
	_, err := c.runRound(ctx, k.Person, &k, Command{Action: action, Actor: Machine, By: machine})
	if err == nil {
		*count++
	}
	if err != nil && !overtaken(err) {
		return fmt.Errorf("keep up with the cases: %w", err)
	}
	return nil
}

// overtaken is a case that somebody else moved on since it was read.
func overtaken(err error) bool {
	return errors.Is(err, fault.New(fault.Conflict)) || errors.Is(err, fault.New(fault.WrongStatus)) ||
		errors.Is(err, fault.New(fault.NotFound))
}
