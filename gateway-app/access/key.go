package access

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Key is an API key, without the key.
type Key struct {
	ID         string   `json:"id"`
	User       string   `json:"user"`
	Label      string   `json:"label"`
	Operations []string `json:"operations"`
	CreatedBy  string   `json:"created_by"`
	CreatedAt  string   `json:"created_at"`
	ExpiresAt  string   `json:"expires_at"`
	SeenAt     string   `json:"seen_at,omitempty"`
	RevokedAt  string   `json:"revoked_at,omitempty"`
}

// longestKeyLife bounds how long a key is good for.
const longestKeyLife = 366 * 24 * time.Hour

// NewKey is what a key is made from. It can do what its user's roles permit, within its operations.
type NewKey struct {
	User       string
	Label      string
	Operations []string
	ExpiresAt  time.Time
	By         string // who makes it
}

// Check refuses a key for its form. It asks for no state.
func (n NewKey) Check(now time.Time) error {
	if n.Label == "" || len(n.Label) > longestName {
		return fault.In(fault.InvalidField, "label")
	}
	if len(n.Operations) == 0 {
		return fault.In(fault.MissingField, "operations")
	}
	for i, operation := range n.Operations {
		if _, known := Lookup(operation); !known {
			return fault.In(fault.InvalidField, fmt.Sprintf("operations[%d]", i))
		}
	}
	if !n.ExpiresAt.After(now) || n.ExpiresAt.After(now.Add(longestKeyLife)) {
		return fault.In(fault.InvalidField, "expires_at")
	}
	return nil
}

// CreateKey makes a key for a machine, or for the person who asks: an administrator who could make keys for
// others would have their rights. The secret is answered once, and only its hash is kept.
func (d *Directory) CreateKey(ctx context.Context, n NewKey) (secret string, made Key, err error) {
	if err := n.Check(d.now()); err != nil {
		return "", Key{}, err
	}
	operations, err := json.Marshal(slices.Compact(slices.Sorted(slices.Values(n.Operations))))
	if err != nil {
		return "", Key{}, fmt.Errorf("create an API key: %w", err)
	}
	now := d.now()
	secret, id := newToken(keyPrefix), newID()
	label, err := d.sealLabel("access_key", id, n.Label)
	if err != nil {
		return "", Key{}, fmt.Errorf("create an API key: %w", err)
	}
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := d.userBy(ctx, tx, "id", n.User)
		if errors.Is(err, sql.ErrNoRows) || err == nil && u.Status != Active {
			return fault.In(fault.NotFound, "user")
		}
		if err != nil {
			return err
		}
		if u.Kind == Person && n.By != u.ID || slices.Contains(u.Roles, Counterpart) {
			return fault.New(fault.WrongRole) // another member's app comes with its certificate and nothing else
		}
		const insert = `INSERT INTO access_key (id, key_hash, user_id, label, operations, created_by, created_at, expires_at, seen_at, revoked_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '')`
		_, err = tx.ExecContext(ctx, insert, id, hashOf(secret), n.User, label, string(operations), n.By,
			store.Time(now), store.Time(n.ExpiresAt))
		return err
	})
	if err != nil {
		return "", Key{}, fmt.Errorf("create an API key: %w", err)
	}
	made, err = d.keyBy(ctx, "id", id)
	return secret, made, err
}

const keyColumns = `id, user_id, label, operations, created_by, created_at, expires_at, seen_at, revoked_at`

func (d *Directory) scanKey(row scanner) (Key, error) {
	var k Key
	var operations string
	if err := row.Scan(&k.ID, &k.User, &k.Label, &operations, &k.CreatedBy, &k.CreatedAt, &k.ExpiresAt, &k.SeenAt, &k.RevokedAt); err != nil {
		return Key{}, err
	}
	var err error
	if k.Label, err = d.openLabel("access_key", k.ID, k.Label); err != nil {
		return Key{}, err
	}
	return k, json.Unmarshal([]byte(operations), &k.Operations)
}

func (d *Directory) keyBy(ctx context.Context, column, value string) (Key, error) {
	return d.scanKey(d.db.QueryRowContext(ctx, `SELECT `+keyColumns+` FROM access_key WHERE `+column+` = $1`, value))
}

// Keys lists the keys of a user, or of all where none is named, in the order of their ids, from after the
// given one.
func (d *Directory) Keys(ctx context.Context, user, after string, limit int) ([]Key, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT `+keyColumns+` FROM access_key
		WHERE id > $1 AND (user_id = $2 OR CAST($2 AS TEXT) = '') ORDER BY id LIMIT $3`, after, user, limit)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	defer rows.Close()
	var list []Key
	for rows.Next() {
		k, err := d.scanKey(rows)
		if err != nil {
			return nil, fmt.Errorf("list API keys: %w", err)
		}
		list = append(list, k)
	}
	return list, rows.Err()
}

// RevokeKey ends a key of a user, or anybody's where none is named. Ending it twice is no mistake.
func (d *Directory) RevokeKey(ctx context.Context, user, id string) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE access_key SET revoked_at = CASE WHEN revoked_at = '' THEN $1 ELSE revoked_at END
			WHERE id = $2 AND (user_id = $3 OR CAST($3 AS TEXT) = '')`, store.Time(d.now()), id, user)
		if err != nil {
			return fmt.Errorf("revoke an API key: %w", err)
		}
		n, err := done.RowsAffected()
		if err == nil && n == 0 {
			return fault.In(fault.NotFound, "id")
		}
		return err
	})
}

func (d *Directory) authenticateKey(ctx context.Context, secret string) (Principal, error) {
	k, err := d.keyBy(ctx, "key_hash", hashOf(secret))
	if errors.Is(err, sql.ErrNoRows) {
		return Principal{}, ErrSignedOut
	}
	if err != nil {
		return Principal{}, fmt.Errorf("look up an API key: %w", err)
	}
	if k.RevokedAt != "" || expired(k.ExpiresAt, d.now()) {
		return Principal{}, ErrSignedOut
	}
	u, err := d.activeUser(ctx, k.User)
	if err != nil {
		return Principal{}, err
	}
	p := d.principal(u, KindKey, k.ID, false)
	p.Scope, p.Personal = k.Operations, u.Kind == Person
	return p, d.seen(ctx, `UPDATE access_key SET seen_at = $1 WHERE id = $2`, k.ID, k.SeenAt)
}
