package reminder

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/fault"
)

// LinkPath is where the links of messages lead to, before the token.
const LinkPath = "/reminders/opt-out/"

// openLinks derives the keys of the links from the vault's. They do not change when data keys are rotated, so a link in
// an old message still opts out.
func (r *Reminders) openLinks() error {
	secret := r.parts.Vault.Hash("links that opt out of reminders").Sum(nil)
	sealing, err := hkdf.Key(sha256.New, secret, nil, "sealing", 32)
	if err != nil {
		return fmt.Errorf("derive the key of links: %w", err)
	}
	if r.linkKey, err = hkdf.Key(sha256.New, secret, nil, "nonces", 32); err != nil {
		return fmt.Errorf("derive the key of links: %w", err)
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return fmt.Errorf("derive the key of links: %w", err)
	}
	r.links, err = cipher.NewGCM(block)
	return err
}

// token seals whose reminders a link ends. It tells nothing to who lacks the key, nobody can make one, and it is the same
// in every message: the nonce follows from what is sealed, so two never meet under one.
func (r *Reminders) token(party string, channel Channel) string {
	plain := []byte(string(channel) + "\x00" + party)
	mac := hmac.New(sha256.New, r.linkKey)
	mac.Write(plain)
	nonce := mac.Sum(nil)[:r.links.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(r.links.Seal(nonce, nonce, plain, nil))
}

// open answers whose reminders a link ends; what is no token is not found.
func (r *Reminders) open(token string) (party string, channel Channel, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	size := r.links.NonceSize()
	if err != nil || len(sealed) < size {
		return "", "", fault.In(fault.NotFound, "token")
	}
	plain, err := r.links.Open(nil, sealed[:size], sealed[size:], nil)
	if err != nil {
		return "", "", fault.In(fault.NotFound, "token")
	}
	kind, party, _ := strings.Cut(string(plain), "\x00")
	return party, Channel(kind), nil
}

// Language answers in which language to speak to whoever follows a link.
func (r *Reminders) Language(ctx context.Context, token string) (Language, error) {
	party, _, err := r.open(token)
	if err != nil {
		return "", err
	}
	p, err := r.Preferences(ctx, party)
	return p.Language, err
}

// OptOut ends early reminders by the link of a message. Doing it again changes nothing.
func (r *Reminders) OptOut(ctx context.Context, token string) (party string, err error) {
	party, channel, err := r.open(token)
	if err != nil {
		return "", err
	}
	err = r.parts.Store.Write(ctx, func(tx *sql.Tx) error { return r.choose(ctx, tx, party, channel, true, byLink) })
	if err != nil {
		return "", fmt.Errorf("record that a borrower opted out: %w", err)
	}
	return party, nil
}
