package main

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// actor is one member with the connections of its two identities.
type actor struct {
	profile    ledger.Profile
	machine    *ledger.Client // signs batches
	supervisor *ledger.Client // decides
}

// cast is every member that takes part.
type cast struct {
	members   []actor // in the order of the profiles
	platforms []actor
	custodian actor
	regulator actor
}

// assemble connects every member through its own peer.
func assemble(ctx context.Context, folder string) (*cast, error) {
	profiles, err := ledger.LoadProfiles(folder)
	if err != nil {
		return nil, fmt.Errorf("%w (run make up first)", err)
	}
	c := &cast{}
	for _, p := range profiles {
		if _, ok := p.Identities["machine"]; !ok {
			continue // an auditor's profile: it reads with its own command
		}
		a := actor{profile: p}
		if a.machine, err = ledger.Connect(ctx, p, "machine"); err != nil {
			return nil, fmt.Errorf("connect %s: %w", p.Member, err)
		}
		if a.supervisor, err = ledger.Connect(ctx, p, "supervisor"); err != nil {
			return nil, fmt.Errorf("connect %s: %w", p.Member, err)
		}
		c.members = append(c.members, a)
		switch p.Kind {
		case party.Platform:
			c.platforms = append(c.platforms, a)
		case party.Custodian:
			c.custodian = a
		case party.Regulator:
			c.regulator = a
		}
	}
	if len(c.platforms) == 0 || c.custodian.machine == nil || c.regulator.machine == nil {
		return nil, fmt.Errorf("the profiles in %s lack a platform, a custodian or the regulator", folder)
	}
	return c, nil
}

func (c *cast) close() {
	for _, m := range c.members {
		m.machine.Close()
		m.supervisor.Close()
	}
}

// pair names the collection of a platform and its custodian.
func (c *cast) pair(platform actor) string {
	return wire.PairCollection(platform.profile.Member, c.custodian.profile.Member)
}
