package serve

import (
	"context"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// linking is a platform's side of the protocol with each of its custodians: applications go to the one that keeps
// their collection, because it alone has verified the party's number. One person must be one pseudonym under all of
// them, so a custodian whose key is not that of the first is not asked: it would make another one, and the caps on
// what the person owes would count twice.
type linking struct {
	first  keyHolder // holds the second key for all
	halves map[string]half
}

// half is the protocol with the custodian of one collection.
type half struct {
	custodian keyHolder
	platform  api.Linking
}

// keyHolder tells its public keys.
type keyHolder interface {
	Keys(ctx context.Context) ([]pseudonym.PublicKey, error)
}

// openLinking reaches every custodian that the platform has a collection with.
func (f *foundations) openLinking(secret []byte, regulator *pseudonym.Remote) (linking, error) {
	links, reached := linking{halves: map[string]half{}}, map[string]*pseudonym.Remote{}
	for _, pair := range f.pairs() {
		custodian, known := reached[pair.Custodian]
		if !known {
			var err error
			if custodian, err = f.remote(party.Custodian, pair.Custodian); err != nil {
				return linking{}, err
			}
			reached[pair.Custodian] = custodian
		}
		if links.first == nil {
			links.first = custodian
		}
		links.halves[f.pairName(pair)] = half{custodian, pseudonym.NewPlatform(f.db, secret, verified{f}, regulator, custodian)}
	}
	return links, nil
}

// Apply has parties of a collection linked.
func (l linking) Apply(ctx context.Context, collection string, parties []string) ([]pseudonym.Result, error) {
	half, err := l.of(ctx, collection, func(k pseudonym.PublicKey) bool { return k.Status == pseudonym.Current })
	if err != nil {
		return nil, err
	}
	return half.Apply(ctx, collection, parties)
}

// Renew has linked parties of a collection moved to an epoch.
func (l linking) Renew(ctx context.Context, epoch int, collection string, parties []string) ([]pseudonym.Result, error) {
	half, err := l.of(ctx, collection, func(k pseudonym.PublicKey) bool { return k.Epoch == epoch })
	if err != nil {
		return nil, err
	}
	return half.Renew(ctx, epoch, collection, parties)
}

// of finds the side that speaks to a collection's custodian, and makes sure that its key is everybody's.
func (l linking) of(ctx context.Context, collection string, meant func(pseudonym.PublicKey) bool) (api.Linking, error) {
	half, known := l.halves[collection]
	if !known {
		return nil, fault.In(fault.InvalidField, "collection")
	}
	if half.custodian == l.first {
		return half.platform, nil
	}
	own, err := keyOf(ctx, half.custodian, meant)
	if err != nil {
		return nil, err
	}
	first, err := keyOf(ctx, l.first, meant)
	if err != nil {
		return nil, err
	}
	if own != first {
		return nil, fault.In(fault.CommitmentMismatch, "key_id")
	}
	return half.platform, nil
}

func keyOf(ctx context.Context, holder keyHolder, meant func(pseudonym.PublicKey) bool) (string, error) {
	known, err := holder.Keys(ctx)
	if err != nil {
		return "", fmt.Errorf("ask a custodian for its keys: %w", err)
	}
	at := slices.IndexFunc(known, meant)
	if at < 0 {
		return "", fault.In(fault.WrongStatus, "epoch")
	}
	return known[at].KeyID, nil
}
