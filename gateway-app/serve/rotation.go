package serve

import (
	"context"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// consenting is the regulator's half of a rotation, as the custodian's app reaches it. The regulator's own
// supervisor makes the next key there, makes it current and destroys the former one; the custodian's app
// looks, and goes on from that.
type consenting struct{ *pseudonym.Remote }

// Prepare answers the key that the regulator has made for an epoch, or says that there is none yet.
func (c consenting) Prepare(ctx context.Context, epoch int) (pseudonym.PublicKey, error) {
	known, err := c.Keys(ctx)
	if err != nil {
		return pseudonym.PublicKey{}, err
	}
	for _, key := range known {
		if key.Epoch == epoch {
			return key, nil
		}
	}
	return pseudonym.PublicKey{}, fault.In(fault.NotYetDue, "epoch") // until the regulator has made its key
}

// Activate answers once the regulator's supervisor has made the epoch current.
func (c consenting) Activate(ctx context.Context, epoch int) error {
	known, err := c.Keys(ctx)
	if err != nil {
		return err
	}
	for _, key := range known {
		if key.Epoch == epoch && key.Status == pseudonym.Current {
			return nil
		}
	}
	return fault.In(fault.NotYetDue, "epoch")
}

// Retire leaves the regulator's former key to its own supervisor.
func (c consenting) Retire(context.Context, int) error { return nil }

// rotate changes the keys behind all pseudonyms, once the regulator has made its next one.
func (f *foundations) rotate(half *pseudonym.Custodian, regulator *pseudonym.Remote) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		return pseudonym.Rotate(ctx, pseudonym.Rotation{
			Regulator: consenting{regulator}, Custodian: half.Holder, Remaining: half.Remaining,
			Renew: f.platformOf,
		})
	}
}

// platformOf reaches the gateway app of a collection's platform.
func (f *foundations) platformOf(collection string) (pseudonym.Renewer, bool) {
	for _, pair := range f.pairs() {
		if f.pairName(pair) != collection {
			continue
		}
		remote, err := f.remote(party.Platform, pair.Platform)
		if err != nil {
			f.logger.Error("a platform cannot be reached for the rotation", "platform", pair.Platform, "error", err)
			return nil, false
		}
		return remote, true
	}
	return nil, false
}
