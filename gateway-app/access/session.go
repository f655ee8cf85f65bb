package access

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	sessionPrefix = "ts_"
	keyPrefix     = "tk_"

	byPassword = "password"
	byProvider = "oidc"

	// seenEvery bounds how often use is written down; a session lasts at most so much longer or shorter.
	seenEvery = time.Minute
)

// newToken is 256 random bits after a prefix by which leaked ones can be found in texts.
func newToken(prefix string) string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // documented never to fail
	return prefix + base64.RawURLEncoding.EncodeToString(raw)
}

// SignIn checks name, password and, where the user has set one up, the one-time code. The token is
// answered once and kept nowhere. Whatever is wrong, the answer is ErrCredentials, or Locked after too
// many failures from one address; an unknown name takes as long as a known one.
func (d *Directory) SignIn(ctx context.Context, name, password, code string) (token string, p Principal, err error) {
	index := d.nameIndex(name)
	u, err := d.userBy(ctx, d.db, "name_index", index)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", Principal{}, fmt.Errorf("sign in: %w", err)
	}
	step, codeOK, err := d.checkCode(u, code)
	if err != nil {
		return "", Principal{}, fmt.Errorf("sign in: %w", err)
	}
	if err := d.attempt(ctx, index, u.Code && codeOK); err != nil {
		return "", Principal{}, err
	}
	ok, stale, err := d.hasher.check(ctx, u.password, password)
	if err != nil {
		return "", Principal{}, fmt.Errorf("sign in: %w", err)
	}
	if !ok || !codeOK || u.Status != Active {
		return "", Principal{}, ErrCredentials
	}
	rehashed := ""
	if stale {
		if rehashed, err = d.hasher.hash(ctx, password); err != nil {
			return "", Principal{}, fmt.Errorf("sign in: %w", err)
		}
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		if err := d.admit(ctx, tx, u, step, rehashed); err != nil {
			return err
		}
		token, p, err = d.begin(ctx, tx, u, byPassword)
		return err
	})
	if err != nil {
		return "", Principal{}, err
	}
	return token, p, nil
}

// admit makes sure that nothing has changed since the checks, takes the code so that it is of no use
// again, and forgives the failures before.
func (d *Directory) admit(ctx context.Context, tx *sql.Tx, u User, step int64, rehashed string) error {
	password := u.password
	if rehashed != "" {
		password = rehashed
	}
	const take = `UPDATE access_user SET code_last_step = $1, password = $2
		WHERE id = $3 AND status = $4 AND password = $5 AND code_confirmed = $6 AND (code_last_step < $1 OR NOT code_confirmed)`
	done, err := tx.ExecContext(ctx, take, step, password, u.ID, Active, u.password, u.Code)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrCredentials, err)
	}
	return d.forgive(ctx, tx, u.nameIndex)
}

// begin starts a session.
func (d *Directory) begin(ctx context.Context, tx *sql.Tx, u User, means string) (string, Principal, error) {
	token, id, now := newToken(sessionPrefix), newID(), d.now()
	const insert = `INSERT INTO access_session (id, token_hash, user_id, means, created_at, seen_at, expires_at, ended_at)
		VALUES ($1, $2, $3, $4, $5, $5, $6, '')`
	_, err := tx.ExecContext(ctx, insert, id, hashOf(token), u.ID, means, store.Time(now), store.Time(now.Add(d.settings.Absolute)))
	if err != nil {
		return "", Principal{}, fmt.Errorf("begin a session: %w", err)
	}
	return token, d.principal(u, KindUser, id, means == byPassword), nil
}

// principal is the user as a caller.
func (d *Directory) principal(u User, kind, credential string, withPassword bool) Principal {
	p := Principal{
		ID: u.ID, Kind: kind, Name: u.Name, Roles: u.Roles, Party: u.Party, Certificate: u.Certificate,
		Session: credential, ResetAt: u.ResetAt, PasswordDue: withPassword && u.passwordDue,
	}
	for _, role := range d.settings.CodeRoles {
		p.CodeDue = p.CodeDue || withPassword && !u.Code && p.Has(role)
	}
	return p
}

// Authenticate finds out who comes with a session's token or an API key. Roles are those of this moment.
// Whatever is wrong, the answer is ErrSignedOut.
func (d *Directory) Authenticate(ctx context.Context, bearer string) (Principal, error) {
	switch {
	case strings.HasPrefix(bearer, keyPrefix):
		return d.authenticateKey(ctx, bearer)
	case strings.HasPrefix(bearer, sessionPrefix):
		return d.authenticateSession(ctx, bearer)
	}
	return Principal{}, ErrSignedOut
}

func (d *Directory) authenticateSession(ctx context.Context, token string) (Principal, error) {
	var id, user, means, seenAt, expiresAt, endedAt string
	err := d.db.QueryRowContext(ctx, `SELECT id, user_id, means, seen_at, expires_at, ended_at FROM access_session WHERE token_hash = $1`,
		hashOf(token)).Scan(&id, &user, &means, &seenAt, &expiresAt, &endedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return Principal{}, ErrSignedOut
	}
	if err != nil {
		return Principal{}, fmt.Errorf("look up a session: %w", err)
	}
	now := d.now()
	if endedAt != "" || expired(expiresAt, now) || seenAt < store.Time(now.Add(-d.settings.Idle)) {
		return Principal{}, ErrSignedOut
	}
	u, err := d.activeUser(ctx, user)
	if err != nil {
		return Principal{}, err
	}
	err = d.seen(ctx, `UPDATE access_session SET seen_at = $1 WHERE id = $2 AND ended_at = ''`, id, seenAt)
	return d.principal(u, KindUser, id, means == byPassword), err
}

// activeUser is a user who may come in; ErrSignedOut for anybody else.
func (d *Directory) activeUser(ctx context.Context, id string) (User, error) {
	u, err := d.userBy(ctx, d.db, "id", id)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && u.Status != Active:
		return User{}, ErrSignedOut
	case err != nil:
		return User{}, fmt.Errorf("look up a user: %w", err)
	}
	return u, nil
}

// seen writes down that a session or key was used, now and then.
func (d *Directory) seen(ctx context.Context, update, id, before string) error {
	now := d.now()
	if before >= store.Time(now.Add(-seenEvery)) {
		return nil
	}
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, update, store.Time(now), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("note a use: %w", err)
	}
	return nil
}

// Session is one sign-in of a user.
type Session struct {
	ID        string `json:"id"`
	Means     string `json:"means"`
	CreatedAt string `json:"created_at"`
	SeenAt    string `json:"seen_at"`
	ExpiresAt string `json:"expires_at"`
}

// Sessions lists what a user is signed in with.
func (d *Directory) Sessions(ctx context.Context, user string) ([]Session, error) {
	now := d.now()
	rows, err := d.db.QueryContext(ctx, `SELECT id, means, created_at, seen_at, expires_at FROM access_session
		WHERE user_id = $1 AND ended_at = '' AND expires_at > $2 AND seen_at >= $3 ORDER BY created_at, id`,
		user, store.Time(now), store.Time(now.Add(-d.settings.Idle)))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var list []Session
	for rows.Next() {
		var s Session
		if err := rows.Scan(&s.ID, &s.Means, &s.CreatedAt, &s.SeenAt, &s.ExpiresAt); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// SignOut ends one session of a user.
func (d *Directory) SignOut(ctx context.Context, user, session string) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error { return d.endAll(ctx, tx, user, session) })
}

// SignOutEverywhere ends all of a user's sessions.
func (d *Directory) SignOutEverywhere(ctx context.Context, user string) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error { return d.endAll(ctx, tx, user, "") })
}

// endAll ends one session, or all where none is named.
func (d *Directory) endAll(ctx context.Context, tx *sql.Tx, user, session string) error {
	const update = `UPDATE access_session SET ended_at = $1 WHERE user_id = $2 AND ended_at = '' AND (id = $3 OR $4)`
	if _, err := tx.ExecContext(ctx, update, store.Time(d.now()), user, session, session == ""); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// ChangePassword replaces the caller's own password and ends all their sessions, this one too. The old
// password is counted like a sign-in when it is wrong.
func (d *Directory) ChangePassword(ctx context.Context, p Principal, former, fresh string) error {
	u, err := d.User(ctx, p.ID)
	if err != nil {
		return err
	}
	if err := acceptable(d.settings.Member, u.Name, fresh); err != nil {
		return err
	}
	if fresh == former {
		return fault.In(fault.InvalidField, "password")
	}
	if err := d.confirm(ctx, u, former, "former"); err != nil {
		return err
	}
	return d.setPassword(ctx, u.ID, fresh, false)
}

// confirm asks somebody who is signed in for their password again. A wrong one is counted like a sign-in and is a
// fault of the named field.
func (d *Directory) confirm(ctx context.Context, u User, password, field string) error {
	if err := d.attempt(ctx, u.nameIndex, true); err != nil {
		return err
	}
	ok, _, err := d.hasher.check(ctx, u.password, password)
	if err != nil {
		return fmt.Errorf("ask for the password again: %w", err)
	}
	if !ok {
		return fault.In(fault.InvalidField, field)
	}
	return d.db.Write(ctx, func(tx *sql.Tx) error { return d.forgive(ctx, tx, u.nameIndex) })
}

// Reset gives a user of staff a new random password, to be changed at the next sign-in, takes their one-time code
// away, and ends all their sessions. The password is answered once. A customer gets none: they choose one with an
// activation code, as at first.
func (d *Directory) Reset(ctx context.Context, id string) (password string, err error) {
	u, err := d.User(ctx, id)
	if err != nil {
		return "", err
	}
	if u.Kind != Person {
		return "", fault.In(fault.WrongStatus, "id")
	}
	if !Privileged(u.Roles) {
		return "", d.setPassword(ctx, id, "", true)
	}
	password = rand.Text()
	return password, d.setPassword(ctx, id, password, true)
}

// setPassword replaces a password and ends all sessions; an empty one is nobody's. One that others set takes the
// one-time code away, and is due to be changed.
func (d *Directory) setPassword(ctx context.Context, id, password string, byOthers bool) (err error) {
	hash := ""
	if password != "" {
		if hash, err = d.hasher.hash(ctx, password); err != nil {
			return err
		}
	}
	_, err = d.change(ctx, id, func(tx *sql.Tx, u User) error {
		const put = `UPDATE access_user SET password = $1, password_due = $3 WHERE id = $2`
		if _, err := tx.ExecContext(ctx, put, hash, id, byOthers && hash != ""); err != nil {
			return err
		}
		if byOthers {
			const reset = `UPDATE access_user SET code_secret = NULL, code_confirmed = $1, reset_at = $3 WHERE id = $2`
			if _, err := tx.ExecContext(ctx, reset, false, id, store.Time(d.now())); err != nil {
				return err
			}
		}
		if byOthers {
			if err := forgiveAll(ctx, tx, u.nameIndex); err != nil {
				return err
			}
		}
		return d.endAll(ctx, tx, id, "")
	})
	return err
}
