package webhook

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	secretPrefix = "whsec_"
	secretBytes  = 32
)

// LongestOverlap bounds for how long a former secret goes on signing.
const LongestOverlap = 7 * 24 * time.Hour

func newSecret() string {
	key := make([]byte, secretBytes)
	_, _ = rand.Read(key) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// Rotate gives an endpoint a new secret, which is answered once. For the overlap the one before signs too,
// so that the receiver can change over in its own time; with none it is gone at once, as after a leak. An endpoint
// has two secrets at most: while a former one signs, a further overlap is refused, because it would end that one before
// the time that was said.
func (w *Webhooks) Rotate(ctx context.Context, id string, overlap time.Duration) (Endpoint, string, error) {
	if overlap < 0 || overlap > LongestOverlap {
		return Endpoint{}, "", fault.In(fault.InvalidField, "overlap_hours")
	}
	secret := newSecret()
	changed, err := w.change(ctx, id, func(_ *sql.Tx, r *row) error {
		if overlap > 0 && r.former != "" && store.Time(w.now()) < r.FormerUntil {
			return fault.In(fault.WrongStatus, "former_secret_until")
		}
		current, err := w.seal.OpenText(table, id, secretColumn, r.secret)
		if err != nil {
			return err
		}
		r.former, r.FormerUntil = "", ""
		if overlap > 0 {
			if r.former, err = w.seal.SealText(table, id, formerColumn, current); err != nil {
				return err
			}
			r.FormerUntil = store.Time(w.now().Add(overlap))
		}
		r.secret, err = w.seal.SealText(table, id, secretColumn, secret)
		return err
	})
	if err != nil {
		return Endpoint{}, "", err
	}
	return changed, secret, nil
}

// signers are what an endpoint's deliveries are signed with now, the newest secret first.
func (w *Webhooks) signers(r row) ([]*standardwebhooks.Webhook, error) {
	sealed := [][2]string{{secretColumn, r.secret}}
	if r.former != "" && store.Time(w.now()) < r.FormerUntil {
		sealed = append(sealed, [2]string{formerColumn, r.former})
	}
	var signers []*standardwebhooks.Webhook
	for _, s := range sealed {
		secret, err := w.seal.OpenText(table, r.ID, s[0], s[1])
		if err != nil {
			return nil, fmt.Errorf("read the secret of webhook %s: %w", r.ID, err)
		}
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return nil, fmt.Errorf("read the secret of webhook %s: %w", r.ID, err)
		}
		signers = append(signers, signer)
	}
	return signers, nil
}

// signature is the header's value: one signature a secret, with spaces between them.
func signature(signers []*standardwebhooks.Webhook, id string, at time.Time, body string) (string, error) {
	signed := make([]string, len(signers))
	for i, signer := range signers {
		var err error
		if signed[i], err = signer.Sign(id, at, []byte(body)); err != nil {
			return "", fmt.Errorf("sign %s: %w", id, err)
		}
	}
	return strings.Join(signed, " "), nil
}
