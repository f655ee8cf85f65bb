package scenario

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// Actor is one member with the doors of its two identities.
type Actor struct {
	Profile    ledger.Profile
	Machine    Door           // signs batches
	Supervisor Door           // decides
	Peer       *ledger.Client // the member's own peer, asked as the machine
	Office     *client.Client // the member's gateway app, asked as the machine; nil for who goes past it
	// RiskOfficer is a platform's person who judges what its program refers to one; nil for who goes past the app.
	RiskOfficer *client.Client

	clients []*ledger.Client
}

// Cast is every member that takes part.
type Cast struct {
	Members   []Actor // in the order of the profiles
	Platforms []Actor
	Custodian Actor
	Regulator Actor
}

// Assemble connects every member straight through its own peer: for measuring the ledger alone.
func Assemble(ctx context.Context, folder string) (*Cast, error) {
	return assemble(ctx, folder, func(ctx context.Context, a *Actor) error {
		supervisor, err := ledger.Connect(ctx, a.Profile, "supervisor")
		if err != nil {
			return err
		}
		approver, err := openDeputy(a.Profile)
		if err != nil {
			return err
		}
		a.Machine, a.Supervisor = peerDoor{client: a.Peer}, peerDoor{supervisor, approver}
		a.clients = append(a.clients, supervisor)
		return nil
	})
}

// AssembleOffices connects every member through its gateway app.
func AssembleOffices(ctx context.Context, folder string) (*Cast, error) {
	run := Handle()[:8]
	return assemble(ctx, folder, func(ctx context.Context, a *Actor) error {
		office, err := openOffice(ctx, a.Profile, run)
		if err != nil {
			return err
		}
		a.Office, a.RiskOfficer = office.machine, office.riskOfficer
		a.Machine = gatewayDoor{caller: office.machine}
		a.Supervisor = gatewayDoor{caller: office.supervisors[0], approver: office.supervisors[1]}
		return nil
	})
}

// assemble finds the members by their profiles, and gives each its doors.
func assemble(ctx context.Context, folder string, open func(context.Context, *Actor) error) (*Cast, error) {
	profiles, err := ledger.LoadProfiles(folder)
	if err != nil {
		return nil, fmt.Errorf("%w (run make up first)", err)
	}
	profiles = slices.DeleteFunc(profiles, func(p ledger.Profile) bool {
		_, acts := p.Identities["machine"]
		return !acts // an auditor's profile: it reads with its own command
	})
	c := &Cast{Members: make([]Actor, len(profiles))}
	group, gctx := errgroup.WithContext(ctx)
	for i, p := range profiles {
		group.Go(func() error {
			a := &c.Members[i]
			a.Profile = p
			var err error
			if a.Peer, err = ledger.Connect(gctx, p, "machine"); err == nil {
				a.clients = []*ledger.Client{a.Peer}
				err = open(gctx, a)
			}
			if err != nil {
				return fmt.Errorf("connect %s: %w", p.Member, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return c, c.givePart(folder)
}

// givePart finds who is what.
func (c *Cast) givePart(folder string) error {
	for _, a := range c.Members {
		switch a.Profile.Kind {
		case party.Platform:
			c.Platforms = append(c.Platforms, a)
		case party.Custodian:
			c.Custodian = a
		case party.Regulator:
			c.Regulator = a
		}
	}
	if len(c.Platforms) == 0 || c.Custodian.Machine == nil || c.Regulator.Machine == nil {
		return fmt.Errorf("the profiles in %s lack a platform, a custodian or the regulator", folder)
	}
	return nil
}

// Close ends every connection.
func (c *Cast) Close() {
	for _, m := range c.Members {
		for _, connection := range m.clients {
			connection.Close()
		}
	}
}

// Pair names the collection of a platform and its custodian.
func (c *Cast) Pair(platform Actor) string {
	return wire.PairCollection(platform.Profile.Member, c.Custodian.Profile.Member)
}

// Reach waits until every member's peer has committed a block: what one member wrote, a command through
// another member's peer can rely on only after that.
func (c *Cast) Reach(ctx context.Context, block uint64) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range c.Members {
		group.Go(func() error {
			if err := m.Machine.Reach(ctx, block); err != nil {
				return fmt.Errorf("wait for %s: %w", m.Profile.Member, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// publish submits a batch of which nothing may be refused, and waits until every member's peer knows it.
func publish[T any](ctx context.Context, cast *Cast, door Door, b Batch[T]) error {
	block, err := SendAll(ctx, door, b)
	if err != nil {
		return err
	}
	return cast.Reach(ctx, block)
}

// publishOnce is publish, but that an item may be refused with the one code by which an earlier run explains itself.
func publishOnce[T any](ctx context.Context, cast *Cast, door Door, b Batch[T], done fault.Code) error {
	out, err := Send(ctx, door, b)
	if err != nil {
		return err
	}
	for i := range b.Items {
		if f, refused := out.Refused[i]; refused && f.Code != done {
			return fmt.Errorf("%s, item %d: %w", b.Function, i+1, f)
		}
	}
	return cast.Reach(ctx, out.Block)
}
