package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Provider is the OpenID provider at which staff sign in.
type Provider struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	RedirectURL  string // this app's own, where the browser comes back to
	HTTP         *http.Client
}

// ErrNoProvider is an OpenID provider that cannot be reached, or fails.
var ErrNoProvider = fmt.Errorf("the OpenID provider gives no answer: %w", fault.New(fault.Unavailable))

// signOnLife is how long a browser may take at the provider.
const signOnLife = 10 * time.Minute

const (
	oidcTable  = "access_oidc_attempt"
	oidcColumn = "verifier"
)

// relyingParty asks the provider for its configuration when it is first needed, so that the app starts
// while the provider is down.
type relyingParty struct {
	settings Provider
	lock     sync.Mutex
	found    *oidc.Provider
}

func newRelyingParty(settings Provider) *relyingParty {
	if settings.HTTP == nil {
		settings.HTTP = &http.Client{Timeout: 15 * time.Second}
	}
	return &relyingParty{settings: settings}
}

// context makes the provider's library use this client, here and when it fetches keys later.
func (r *relyingParty) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, r.settings.HTTP)
}

func (r *relyingParty) provider(ctx context.Context) (*oidc.Provider, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.found != nil {
		return r.found, nil
	}
	// The key set outlives the request, so it must not be bound to the request's context.
	found, err := oidc.NewProvider(r.context(context.WithoutCancel(ctx)), r.settings.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the OpenID provider for its configuration: %w", errors.Join(ErrNoProvider, err))
	}
	r.found = found
	return found, nil
}

func (r *relyingParty) client(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: r.settings.ClientID, ClientSecret: r.settings.ClientSecret, Endpoint: found.Endpoint(),
		RedirectURL: r.settings.RedirectURL, Scopes: []string{oidc.ScopeOpenID},
	}
}

// SignOn is a sign-in at the provider that has begun. Binding belongs into a cookie of this browser: the
// answer counts only in the browser that asked.
type SignOn struct {
	URL     string
	Binding string
}

// StartSignOn begins a sign-in: authorisation code with PKCE, state and nonce.
func (d *Directory) StartSignOn(ctx context.Context) (SignOn, error) {
	if d.provider == nil {
		return SignOn{}, fault.New(fault.NotFound)
	}
	found, err := d.provider.provider(ctx)
	if err != nil {
		return SignOn{}, err
	}
	state, binding, nonce, verifier := newToken(""), newToken(""), rand.Text(), oauth2.GenerateVerifier()
	sealed, err := d.sealer.Seal(oidcTable, hashOf(state), oidcColumn, []byte(verifier))
	if err != nil {
		return SignOn{}, fmt.Errorf("begin a sign-on: %w", err)
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		const insert = `INSERT INTO access_oidc_attempt (state_hash, binding_hash, nonce, verifier, expires_at) VALUES ($1, $2, $3, $4, $5)`
		_, err := tx.ExecContext(ctx, insert, hashOf(state), hashOf(binding), nonce, sealed, store.Time(d.now().Add(signOnLife)))
		return err
	})
	if err != nil {
		return SignOn{}, fmt.Errorf("begin a sign-on: %w", err)
	}
	address := d.provider.client(found).AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))
	return SignOn{URL: address, Binding: binding}, nil
}

// signOnAttempt is what was kept of a sign-in that has begun.
type signOnAttempt struct{ nonce, verifier string }

// FinishSignOn ends a sign-in with what the provider sent the browser back with. A state is good once,
// whatever comes of it. Whatever is wrong, the answer is ErrCredentials.
func (d *Directory) FinishSignOn(ctx context.Context, state, code, binding string) (token string, p Principal, err error) {
	if d.provider == nil {
		return "", Principal{}, fault.New(fault.NotFound)
	}
	begun, err := d.takeSignOn(ctx, state, binding)
	if err != nil {
		return "", Principal{}, err
	}
	subject, err := d.provider.redeem(ctx, code, begun, d.now)
	if err != nil {
		return "", Principal{}, err
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		var user string
		err := tx.QueryRowContext(ctx, `SELECT user_id FROM access_oidc_link WHERE subject_index = $1`, d.subjectIndex(subject)).Scan(&user)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrCredentials
		}
		if err != nil {
			return fmt.Errorf("finish a sign-on: %w", err)
		}
		u, err := d.userBy(ctx, tx, "id", user)
		if err != nil {
			return fmt.Errorf("finish a sign-on: %w", err)
		}
		if u.Status != Active {
			return ErrCredentials
		}
		token, p, err = d.begin(ctx, tx, u, byProvider)
		return err
	})
	return token, p, err
}

// takeSignOn finds what was begun, and deletes it.
func (d *Directory) takeSignOn(ctx context.Context, state, binding string) (signOnAttempt, error) {
	var bindingHash, nonce, expiresAt string
	var sealed []byte
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		const take = `DELETE FROM access_oidc_attempt WHERE state_hash = $1 RETURNING binding_hash, nonce, verifier, expires_at`
		return tx.QueryRowContext(ctx, take, hashOf(state)).Scan(&bindingHash, &nonce, &sealed, &expiresAt)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return signOnAttempt{}, ErrCredentials
	}
	if err != nil {
		return signOnAttempt{}, fmt.Errorf("finish a sign-on: %w", err)
	}
	same := subtle.ConstantTimeCompare([]byte(bindingHash), []byte(hashOf(binding))) == 1
	if !same || expired(expiresAt, d.now()) {
		return signOnAttempt{}, ErrCredentials
	}
	verifier, err := d.sealer.Open(oidcTable, hashOf(state), oidcColumn, sealed)
	if err != nil {
		return signOnAttempt{}, fmt.Errorf("finish a sign-on: %w", err)
	}
	return signOnAttempt{nonce: nonce, verifier: string(verifier)}, nil
}

// redeem exchanges the code for an identity and checks its signature, issuer, audience, age and nonce. The
// subject that it answers is the provider's word for the person, and is unique with its issuer.
func (r *relyingParty) redeem(ctx context.Context, code string, begun signOnAttempt, now func() time.Time) (subject string, err error) {
	found, err := r.provider(ctx)
	if err != nil {
		return "", err
	}
	answer, err := r.client(found).Exchange(r.context(ctx), code, oauth2.VerifierOption(begun.verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
			return "", ErrCredentials
		}
		return "", fmt.Errorf("redeem a code at the OpenID provider: %w", errors.Join(ErrNoProvider, err))
	}
	raw, ok := answer.Extra("id_token").(string)
	if !ok {
		return "", ErrCredentials
	}
	token, err := found.Verifier(&oidc.Config{ClientID: r.settings.ClientID, Now: now}).Verify(r.context(ctx), raw)
	if err != nil || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(begun.nonce)) != 1 {
		return "", ErrCredentials
	}
	return token.Issuer + "\x00" + token.Subject, nil
}

func (d *Directory) subjectIndex(subject string) string { return d.index("oidc subject", subject) }

// LinkSubject lets a user sign in as the provider's subject. One subject is one user.
func (d *Directory) LinkSubject(ctx context.Context, user, subject string) (User, error) {
	if d.provider == nil {
		return User{}, fault.New(fault.NotFound)
	}
	if subject == "" {
		return User{}, fault.In(fault.MissingField, "subject")
	}
	index := d.subjectIndex(d.provider.settings.Issuer + "\x00" + subject)
	u, err := d.change(ctx, user, func(tx *sql.Tx, u User) error {
		if u.Kind != Person || !Privileged(u.Roles) { // the provider is the staff's
			return fault.In(fault.WrongStatus, "id")
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO access_oidc_link (subject_index, user_id, linked_at) VALUES ($1, $2, $3)`,
			index, user, store.Time(d.now()))
		return err
	})
	if store.Duplicate(err) {
		return User{}, fault.In(fault.AlreadyExists, "subject")
	}
	return u, err
}
