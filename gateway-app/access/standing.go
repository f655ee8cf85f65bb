package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Organisation is where users belong: the member itself, or a firm that works for it.
type Organisation struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CreatedAt string `json:"created_at"`
}

// CreateOrganisation makes an organisation. A taken name is refused.
func (d *Directory) CreateOrganisation(ctx context.Context, name string) (Organisation, error) {
	if name == "" || len(name) > longestName {
		return Organisation{}, fault.In(fault.InvalidField, "name")
	}
	made := Organisation{ID: newID(), Name: name, CreatedAt: store.Time(d.now())}
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO access_organisation (id, name, created_at) VALUES ($1, $2, $3)`, made.ID, made.Name, made.CreatedAt)
		return err
	})
	if store.Duplicate(err) {
		return Organisation{}, fault.In(fault.AlreadyExists, "name")
	}
	if err != nil {
		return Organisation{}, fmt.Errorf("create an organisation: %w", err)
	}
	return made, nil
}

// Organisations lists every organisation by name.
func (d *Directory) Organisations(ctx context.Context) ([]Organisation, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT id, name, created_at FROM access_organisation ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	defer rows.Close()
	var list []Organisation
	for rows.Next() {
		var o Organisation
		if err := rows.Scan(&o.ID, &o.Name, &o.CreatedAt); err != nil {
			return nil, fmt.Errorf("list organisations: %w", err)
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

func knownOrganisation(ctx context.Context, tx *sql.Tx, id string) error {
	var found string
	err := tx.QueryRowContext(ctx, `SELECT id FROM access_organisation WHERE id = $1`, id).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.In(fault.NotFound, "organisation")
	}
	return err
}

// SetRoles gives a user other roles. What they may do changes with their next request.
func (d *Directory) SetRoles(ctx context.Context, id string, given []Role) (User, error) {
	return d.change(ctx, id, func(tx *sql.Tx, u User) error {
		if err := checkRoles(d.settings.Kind, given, u.Party); err != nil {
			return err
		}
		if !slices.Contains(given, Administrator) {
			if err := anotherAdministrator(ctx, tx, u); err != nil {
				return err
			}
		}
		return d.putRoles(ctx, tx, u.ID, given)
	})
}

// Disable ends all of a user's sessions and takes every other way in. Their certificates on the ledger
// are revoked by the enrolment package.
func (d *Directory) Disable(ctx context.Context, id string) (User, error) {
	return d.change(ctx, id, func(tx *sql.Tx, u User) error {
		if err := anotherAdministrator(ctx, tx, u); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE access_user SET status = $1 WHERE id = $2`, Disabled, u.ID); err != nil {
			return err
		}
		return d.endAll(ctx, tx, u.ID, "")
	})
}

// Enable lets a disabled user in again. Sessions that were ended stay ended.
func (d *Directory) Enable(ctx context.Context, id string) (User, error) {
	return d.change(ctx, id, func(tx *sql.Tx, u User) error {
		_, err := tx.ExecContext(ctx, `UPDATE access_user SET status = $1 WHERE id = $2`, Active, u.ID)
		return err
	})
}

// SetCertificate names the ledger identity that signs for the user; empty: the machine's.
func (d *Directory) SetCertificate(ctx context.Context, id, certificate string) (User, error) {
	return d.change(ctx, id, func(tx *sql.Tx, u User) error {
		_, err := tx.ExecContext(ctx, `UPDATE access_user SET certificate = $1 WHERE id = $2`, certificate, u.ID)
		return err
	})
}

// change runs one change of a user in a transaction and answers the user as they are then.
func (d *Directory) change(ctx context.Context, id string, how func(tx *sql.Tx, u User) error) (User, error) {
	var changed User
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := d.userBy(ctx, tx, "id", id)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.In(fault.NotFound, "id")
		}
		if err != nil {
			return err
		}
		if err := how(tx, u); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE access_user SET updated_at = $1 WHERE id = $2`, store.Time(d.now()), id); err != nil {
			return err
		}
		changed, err = d.userBy(ctx, tx, "id", id)
		return err
	})
	if err != nil {
		return User{}, fmt.Errorf("change user %s: %w", id, err)
	}
	return changed, nil
}

// anotherAdministrator refuses to take the last active administrator away: nobody could undo it.
func anotherAdministrator(ctx context.Context, tx *sql.Tx, u User) error {
	if !slices.Contains(u.Roles, Administrator) || u.Status != Active {
		return nil
	}
	others, err := administrators(ctx, tx, u.ID)
	if err == nil && others == 0 {
		return fault.In(fault.WrongStatus, "id")
	}
	return err
}

func administrators(ctx context.Context, q querier, besides string) (int, error) {
	const query = `SELECT COUNT(*) FROM access_user u JOIN access_user_role r ON r.user_id = u.id
		WHERE r.role = $1 AND u.status = $2 AND u.kind = $3 AND u.id <> $4`
	var n int
	err := q.QueryRowContext(ctx, query, string(Administrator), Active, Person, besides).Scan(&n)
	return n, err
}

// HasUser reports whether somebody besides a user of that id signs in, or did, for a party.
func (d *Directory) HasUser(ctx context.Context, party, besides string) (bool, error) {
	var n int
	if err := d.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM access_user WHERE party = $1 AND id <> $2`, party, besides).Scan(&n); err != nil {
		return false, fmt.Errorf("look for the users of a party: %w", err)
	}
	return n > 0, nil
}

// UsersOf lists the ids of those who sign in, or did, for a party.
func (d *Directory) UsersOf(ctx context.Context, party string) ([]string, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT id FROM access_user WHERE party = $1 ORDER BY id`, party)
	if err != nil {
		return nil, fmt.Errorf("look for the users of a party: %w", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for the users of a party: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Alone reports whether the member never had an administrator but the principal, so that nobody else could have
// approved a change of rights. Once there were two it is false for good: neither can bring it about by getting rid
// of the other, and who has lost the other goes to the machine (Recover).
func (d *Directory) Alone(ctx context.Context, p Principal) (bool, error) {
	var others int
	err := d.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM access_administrator WHERE user_id <> $1`, p.ID).Scan(&others)
	if err != nil {
		return false, fmt.Errorf("count administrators: %w", err)
	}
	return others == 0, nil
}
