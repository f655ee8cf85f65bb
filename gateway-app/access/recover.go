package access

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
)

// Recover makes the person of a name an administrator who can sign in, whoever they were before the last one was
// lost: new where nobody has the name, and else enabled again, with a new password and no one-time code. It asks
// nobody's approval, so it belongs to who has the member's machine, and to no door. A user who is no administrator
// and never was is refused: their past stays theirs.
func (d *Directory) Recover(ctx context.Context, organisation, name string) (User, Credentials, error) {
	made := Credentials{Name: name, Password: rand.Text()}
	found, err := d.UserNamed(ctx, name)
	if errors.Is(err, fault.New(fault.NotFound)) {
		home, err := d.home(ctx, organisation)
		if err != nil {
			return User{}, Credentials{}, err
		}
		found, err = d.CreateUser(ctx, NewUser{
			Organisation: home, Name: name, Password: made.Password, PasswordDue: true, Roles: []Role{Administrator},
		})
		return found, made, err
	}
	if err != nil {
		return User{}, Credentials{}, err
	}
	if found, err = d.readmit(ctx, found); err != nil {
		return User{}, Credentials{}, err
	}
	return found, made, d.setPassword(ctx, found.ID, made.Password, true)
}

// readmit enables a former administrator, with that role alone.
func (d *Directory) readmit(ctx context.Context, found User) (User, error) {
	return d.change(ctx, found.ID, func(tx *sql.Tx, u User) error {
		var known int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM access_administrator WHERE user_id = $1`, u.ID).Scan(&known); err != nil {
			return err
		}
		if u.Kind != Person || known == 0 {
			return fault.In(fault.WrongRole, "name")
		}
		if _, err := tx.ExecContext(ctx, `UPDATE access_user SET status = $1, certificate = '' WHERE id = $2`, Active, u.ID); err != nil {
			return err
		}
		if slices.Equal(u.Roles, []Role{Administrator}) {
			return nil
		}
		return d.putRoles(ctx, tx, u.ID, []Role{Administrator})
	})
}

// UserNamed finds a user by the name that they sign in with.
func (d *Directory) UserNamed(ctx context.Context, name string) (User, error) {
	u, err := d.userBy(ctx, d.db, "name_index", d.nameIndex(name))
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, fault.In(fault.NotFound, "name")
	}
	if err != nil {
		return User{}, fmt.Errorf("look up a user by name: %w", err)
	}
	return u, nil
}
