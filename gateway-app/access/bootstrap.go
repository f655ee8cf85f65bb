package access

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Credentials are what somebody signs in with for the first time.
type Credentials struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// firstName is the sign-in name of the first administrator.
const firstName = "administrator"

// Bootstrap makes the member's organisation and its first administrator where there is no user yet, and
// answers the credentials, this once. Later calls answer false. Two processes that start at the same time
// make one administrator.
func (d *Directory) Bootstrap(ctx context.Context, organisation string) (Credentials, bool, error) {
	users, err := d.Users(ctx, "", 1)
	if err != nil || len(users) > 0 {
		return Credentials{}, false, err
	}
	home, err := d.home(ctx, organisation)
	if err != nil {
		return Credentials{}, false, err
	}
	first := Credentials{Name: firstName, Password: rand.Text()}
	_, err = d.CreateUser(ctx, NewUser{
		Organisation: home, Name: first.Name, Password: first.Password, Roles: []Role{Administrator},
	})
	if isTaken(err) {
		return Credentials{}, false, nil
	}
	if err != nil {
		return Credentials{}, false, fmt.Errorf("make the first administrator: %w", err)
	}
	return first, true, nil
}

// home finds or makes the member's own organisation.
func (d *Directory) home(ctx context.Context, name string) (id string, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT id FROM access_organisation WHERE name = $1`, name).Scan(&id)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		id = newID()
		_, err = tx.ExecContext(ctx, `INSERT INTO access_organisation (id, name, created_at) VALUES ($1, $2, $3)`, id, name, store.Time(d.now()))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make the member's organisation: %w", err)
	}
	return id, nil
}
