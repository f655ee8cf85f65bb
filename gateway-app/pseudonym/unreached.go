package pseudonym

import (
	"context"
	"fmt"
)

// Parties may be linked in another way than by the protocol: the custodian's own machine may submit Party:Link
// for a person whose identity number nobody has taken in. Such a pseudonym follows from no key, so a change of
// keys takes nothing from it: the party keeps it, holds up no rotation, and is listed until its number is taken
// in. Then its platform applies for it as for anybody, and it moves to what the keys make of the number.

// Unreached is a linked party that the current epoch has not reached.
type Unreached struct {
	Application
	Known  bool `json:"known" doc:"whether this custodian has its identity number, so that its platform can apply for it"`
	Shared bool `json:"shared" doc:"whether the protocol has given its pseudonym to somebody, whom it follows"`
}

// Unreached lists the linked parties of this custodian that the current epoch has not reached.
func (c *Custodian) Unreached(ctx context.Context) ([]Unreached, error) {
	keys, err := c.Keys(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Status == Current {
			return c.unreached(ctx, k.Epoch)
		}
	}
	return nil, nil
}

// Remaining lists the linked parties that hold an epoch up: those of which the custodian knows the number, and
// that the epoch has not reached. As long as there is one, the epoch cannot become current, because its person
// could become two. One that follows somebody else's pseudonym is not among them: it goes where that goes.
func (c *Custodian) Remaining(ctx context.Context, epoch int) ([]Application, error) {
	all, err := c.unreached(ctx, epoch)
	if err != nil {
		return nil, err
	}
	var list []Application
	for _, each := range all {
		if each.Known && !each.Shared {
			list = append(list, each.Application)
		}
	}
	return list, nil
}

func (c *Custodian) unreached(ctx context.Context, epoch int) ([]Unreached, error) {
	linked, err := c.links.Linked(ctx, c.member)
	if err != nil {
		return nil, err
	}
	reached, err := c.reached(ctx, epoch)
	if err != nil {
		return nil, err
	}
	before, err := c.reachedBefore(ctx, epoch)
	if err != nil {
		return nil, err
	}
	var list []Unreached
	for _, a := range linked {
		if reached[a] {
			continue
		}
		_, known, err := c.identities.Known(ctx, a.Collection, a.Party)
		if err != nil {
			return nil, err
		}
		shared := false
		if !before[a] {
			if shared, err = c.follows(ctx, a.Party); err != nil {
				return nil, err
			}
		}
		list = append(list, Unreached{a, known, shared})
	}
	return list, nil
}

// follows reports whether the protocol has given a party's present pseudonym to somebody.
func (c *Custodian) follows(ctx context.Context, handle string) (bool, error) {
	_, now, _, err := c.links.Link(ctx, handle)
	if err != nil {
		return false, err
	}
	return c.given(ctx, now)
}

// epochs are the applications that an epoch has reached, and those that one before it had.
type epochs struct{ present, before map[Application]bool }

func (c *Custodian) reachedBy(ctx context.Context, o Openings) (epochs, error) {
	present, err := c.reached(ctx, o.Epoch)
	if err != nil {
		return epochs{}, err
	}
	before, err := c.reachedBefore(ctx, o.Epoch)
	return epochs{present, before}, err
}

func (c *Custodian) reachedBefore(ctx context.Context, epoch int) (map[Application]bool, error) {
	before := map[Application]bool{}
	for former := 1; former < epoch; former++ {
		earlier, err := c.reached(ctx, former)
		if err != nil {
			return nil, err
		}
		for a := range earlier {
			before[a] = true
		}
	}
	return before, nil
}

// given reports whether the protocol has given a pseudonym to somebody, in any epoch.
func (c *Custodian) given(ctx context.Context, pseudonym string) (bool, error) {
	var count int
	const query = `SELECT COUNT(*) FROM pseudonym_application WHERE pseudonym = $1 AND status = 'linked'`
	if err := c.db.QueryRowContext(ctx, query, pseudonym).Scan(&count); err != nil {
		return false, fmt.Errorf("look for whose a pseudonym is: %w", err)
	}
	return count > 0, nil
}

// mayLeave reports whether a party may move from a pseudonym outside the protocol to one of it. It may not when
// the protocol has given the former to somebody, or leads somebody else from it: then the link was made for two
// people, and moving both would make them one.
func (c *Custodian) mayLeave(ctx context.Context, leaving map[string]string, from, to string) (bool, error) {
	if follower, taken := leaving[from]; taken {
		return follower == to, nil
	}
	given, err := c.given(ctx, from)
	if err != nil || given {
		return false, err
	}
	leaving[from] = to
	return true, nil
}
