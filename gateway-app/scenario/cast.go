package scenario

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// Actor is one member with the doors of its two identities.
type Actor struct {
	Profile    ledger.Profile
	Machine    Door           // signs batches
	Supervisor Door           // decides
	Peer       *ledger.Client // the member's own peer, asked as the machine
}

// Cast is every member that takes part.
type Cast struct {
	Members   []Actor // in the order of the profiles
	Platforms []Actor
	Custodian Actor
	Regulator Actor

	clients []*ledger.Client
}

// Assemble connects every member through its own peer.
func Assemble(ctx context.Context, folder string) (*Cast, error) {
	profiles, err := ledger.LoadProfiles(folder)
	if err != nil {
		return nil, fmt.Errorf("%w (run make up first)", err)
	}
	c := &Cast{}
	for _, p := range profiles {
		if _, ok := p.Identities["machine"]; !ok {
			continue // an auditor's profile: it reads with its own command
		}
		a := Actor{Profile: p}
		if a.Peer, err = ledger.Connect(ctx, p, "machine"); err != nil {
			return nil, fmt.Errorf("connect %s: %w", p.Member, err)
		}
		supervisor, err := ledger.Connect(ctx, p, "supervisor")
		if err != nil {
			return nil, fmt.Errorf("connect %s: %w", p.Member, err)
		}
		a.Machine, a.Supervisor = peerDoor{a.Peer}, peerDoor{supervisor}
		c.clients = append(c.clients, a.Peer, supervisor)
		c.Members = append(c.Members, a)
		switch p.Kind {
		case party.Platform:
			c.Platforms = append(c.Platforms, a)
		case party.Custodian:
			c.Custodian = a
		case party.Regulator:
			c.Regulator = a
		}
	}
	if len(c.Platforms) == 0 || c.Custodian.Machine == nil || c.Regulator.Machine == nil {
		return nil, fmt.Errorf("the profiles in %s lack a platform, a custodian or the regulator", folder)
	}
	return c, nil
}

// Close ends every connection.
func (c *Cast) Close() {
	for _, client := range c.clients {
		client.Close()
	}
}

// Pair names the collection of a platform and its custodian.
func (c *Cast) Pair(platform Actor) string {
	return wire.PairCollection(platform.Profile.Member, c.Custodian.Profile.Member)
}

// Reach waits until every member's peer has committed a block: what one member wrote, a command through
// another member's peer can rely on only after that.
func (c *Cast) Reach(ctx context.Context, block uint64) error {
	for _, m := range c.Members {
		if err := m.Machine.Reach(ctx, block); err != nil {
			return fmt.Errorf("wait for the peer of %s: %w", m.Profile.Member, err)
		}
	}
	return nil
}

// publish submits a batch of which nothing may be refused, and waits until every member's peer knows it.
func publish[T any](ctx context.Context, cast *Cast, door Door, b Batch[T]) error {
	block, err := SendAll(ctx, door, b)
	if err != nil {
		return err
	}
	return cast.Reach(ctx, block)
}
