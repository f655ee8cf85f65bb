package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// activationLife is how long an activation code is good for.
const activationLife = 3 * 24 * time.Hour

// Activation is a code with which a customer chooses their password. It is answered once.
type Activation struct {
	Name      string `json:"name" doc:"The name to sign in with"`
	Code      string `json:"code" doc:"Answered once: for the customer, over a channel that was verified"`
	ExpiresAt string `json:"expires_at"`
}

// IssueActivation makes the activation code of the customer of a party who has no password: newly made, or reset. A
// former code ends. An administrator makes the user and sees no code; who issues codes can make no user; so a way in
// to what is a customer's takes two members of staff, and the password is the customer's from the first.
func (d *Directory) IssueActivation(ctx context.Context, party, by string) (Activation, error) {
	code, now := rand.Text(), d.now()
	made := Activation{Code: code, ExpiresAt: store.Time(now.Add(activationLife))}
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := d.awaiting(ctx, tx, party)
		if err != nil {
			return err
		}
		made.Name = u.Name
		const put = `INSERT INTO access_activation (user_id, code_hash, issued_by, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (user_id) DO UPDATE SET code_hash = excluded.code_hash, issued_by = excluded.issued_by,
			issued_at = excluded.issued_at, expires_at = excluded.expires_at`
		_, err = tx.ExecContext(ctx, put, u.ID, hashOf(code), by, store.Time(now), made.ExpiresAt)
		return err
	})
	if err != nil {
		return Activation{}, fmt.Errorf("issue an activation code: %w", err)
	}
	return made, nil
}

// awaiting is the one user of a party who has no password: the latest made, where there are several.
func (d *Directory) awaiting(ctx context.Context, tx *sql.Tx, party string) (User, error) {
	const query = `SELECT ` + userColumns + ` FROM access_user
		WHERE party = $1 AND status = $2 AND kind = $3 AND password = '' ORDER BY created_at DESC, id LIMIT 1`
	u, err := d.scanUser(tx.QueryRowContext(ctx, query, party, Active, Person))
	if errors.Is(err, sql.ErrNoRows) || err == nil && party == "" {
		return User{}, fault.In(fault.NotFound, "party")
	}
	return u, err
}

// Activate gives a customer the password that they chose, for the code that they were given. Whatever is wrong, the
// answer is ErrCredentials, or Locked after too many failures.
func (d *Directory) Activate(ctx context.Context, name, code, password string) error {
	if err := acceptable(d.settings.Member, name, password); err != nil {
		return err
	}
	index := d.nameIndex(name)
	if err := d.attempt(ctx, index, false); err != nil {
		return err
	}
	hash, err := d.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("activate a user: %w", err)
	}
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := d.userBy(ctx, tx, "name_index", index)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrCredentials
		}
		if err != nil {
			return fmt.Errorf("activate a user: %w", err)
		}
		if err := d.takeActivation(ctx, tx, u, code); err != nil {
			return err
		}
		const put = `UPDATE access_user SET password = $1, password_due = $2, updated_at = $3 WHERE id = $4`
		if _, err := tx.ExecContext(ctx, put, hash, false, store.Time(d.now()), u.ID); err != nil {
			return fmt.Errorf("activate a user: %w", err)
		}
		return d.forgive(ctx, tx, index)
	})
}

// takeActivation spends the code of a user who has no password yet.
func (d *Directory) takeActivation(ctx context.Context, tx *sql.Tx, u User, code string) error {
	var hash, expiresAt string
	err := tx.QueryRowContext(ctx, `SELECT code_hash, expires_at FROM access_activation WHERE user_id = $1`, u.ID).Scan(&hash, &expiresAt)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrCredentials
	}
	if err != nil {
		return fmt.Errorf("activate a user: %w", err)
	}
	same := subtle.ConstantTimeCompare([]byte(hash), []byte(hashOf(code))) == 1
	if !same || expired(expiresAt, d.now()) || u.password != "" || u.Status != Active {
		return ErrCredentials
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM access_activation WHERE user_id = $1`, u.ID); err != nil {
		return fmt.Errorf("activate a user: %w", err)
	}
	return nil
}
