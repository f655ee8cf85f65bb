package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// The kinds of users.
const (
	Person = "person"
	Device = "machine" // has keys and certificates, and no password
)

// The states of a user.
const (
	Active   = "active"
	Disabled = "disabled"
)

// User is somebody who may sign in, or a machine that may call. Name is personal.
type User struct {
	ID           string `json:"id"`
	Organisation string `json:"organisation"`
	Kind         string `json:"kind"`
	Name         string `json:"name"`
	Roles        []Role `json:"roles"`
	Party        string `json:"party,omitempty"`
	Status       string `json:"status"`
	Code         bool   `json:"one_time_code"`
	Certificate  string `json:"certificate,omitempty"`
	CreatedAt    string `json:"created_at"`
	UpdatedAt    string `json:"updated_at"`
	ResetAt      string `json:"reset_at,omitempty"` // when administrators last gave them a new password

	nameIndex, password string
	passwordDue         bool
	sealedName          []byte
	codeSecret          []byte
	codeLastStep        int64
}

// NewUser is what a user is made from.
type NewUser struct {
	ID           string // chosen by who asks, who asked before then; made where empty
	Organisation string // its id
	Kind         string // Person where empty
	Name         string
	Password     string // empty: signs in another way, or not before a reset or an activation
	PasswordDue  bool   // somebody else made the password: its user must change it before anything else
	Roles        []Role
	Party        string
	Certificate  string
}

const longestName = 128

func (n *NewUser) check(member party.MemberKind) error {
	if n.Kind == "" {
		n.Kind = Person
	}
	name := strings.TrimSpace(n.Name)
	switch {
	case name == "", len(n.Name) > longestName, strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
		return fault.In(fault.InvalidField, "name")
	case n.Kind != Person && n.Kind != Device:
		return fault.In(fault.InvalidField, "kind")
	case n.Kind == Device && n.Password != "":
		return fault.In(fault.InvalidField, "password")
	}
	n.Name = name
	return checkRoles(member, n.Roles, n.Party)
}

// checkRoles refuses roles that are unknown, repeated or none, that a member of the kind does not have, or that
// nobody may have together, and a customer without a party: policies narrow what customers see by it. Staff have none.
func checkRoles(member party.MemberKind, given []Role, party string) error {
	seen := map[Role]bool{}
	for i, role := range given {
		if !role.Valid() || seen[role] || !fits(member, role) {
			return fault.In(fault.InvalidField, fmt.Sprintf("roles[%d]", i))
		}
		seen[role] = true
	}
	customer := slices.ContainsFunc(given, Role.Customer)
	switch {
	case len(given) == 0:
		return fault.In(fault.MissingField, "roles")
	case customer && party == "":
		return fault.In(fault.MissingField, "party")
	case customer && slices.ContainsFunc(given, func(r Role) bool { return !r.Customer() }):
		return fault.In(fault.InvalidField, "roles") // staff who borrow have a second user for it
	case !customer && party != "":
		return fault.In(fault.InvalidField, "party")
	}
	return checkDuties(given)
}

// Privileged reports whether any of the roles is of staff: whether giving them takes four eyes.
func Privileged(given []Role) bool {
	return slices.ContainsFunc(given, func(r Role) bool { return !r.Customer() })
}

// CheckUser refuses a new user for their form. It asks for no state.
func (d *Directory) CheckUser(n NewUser) error {
	if err := n.check(d.settings.Kind); err != nil || n.Password == "" {
		return err
	}
	return acceptable(d.settings.Member, n.Name, n.Password)
}

// CreateUser makes a user and answers it. A taken name is refused; a user of the same id and name is who was made
// when the same was asked before, and is answered as they are now.
func (d *Directory) CreateUser(ctx context.Context, n NewUser) (User, error) {
	if err := n.check(d.settings.Kind); err != nil {
		return User{}, err
	}
	password := ""
	if n.Password != "" {
		if err := acceptable(d.settings.Member, n.Name, n.Password); err != nil && n.Password != d.FirstPassword(n.ID) {
			return User{}, err
		}
		var err error
		if password, err = d.hasher.hash(ctx, n.Password); err != nil {
			return User{}, err
		}
	}
	id := n.ID
	if id == "" {
		id = newID()
	}
	sealed, err := d.sealer.Seal("access_user", id, "name_sealed", []byte(n.Name))
	if err != nil {
		return User{}, fmt.Errorf("create a user: %w", err)
	}
	now := store.Time(d.now())
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		const insert = `INSERT INTO access_user (id, organisation, kind, name_index, name_sealed, party, status,
			password, code_confirmed, code_last_step, certificate, created_at, updated_at, password_due)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $11, $12)`
		if err := knownOrganisation(ctx, tx, n.Organisation); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insert, id, n.Organisation, n.Kind, d.nameIndex(n.Name), sealed, n.Party,
			Active, password, false, n.Certificate, now, n.PasswordDue); err != nil {
			return err
		}
		return d.putRoles(ctx, tx, id, n.Roles)
	})
	if store.Duplicate(err) {
		before, unread := d.userBy(ctx, d.db, "id", id)
		if n.ID != "" && unread == nil && before.nameIndex == d.nameIndex(n.Name) {
			return before, nil
		}
		return User{}, fault.In(fault.AlreadyExists, "name")
	}
	if err != nil {
		return User{}, fmt.Errorf("create a user: %w", err)
	}
	return d.User(ctx, id)
}

// putRoles gives a user roles. Whoever becomes an administrator stays on the roster of those who ever were.
func (d *Directory) putRoles(ctx context.Context, tx *sql.Tx, user string, given []Role) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM access_user_role WHERE user_id = $1`, user); err != nil {
		return err
	}
	for _, role := range given {
		if _, err := tx.ExecContext(ctx, `INSERT INTO access_user_role (user_id, role) VALUES ($1, $2)`, user, string(role)); err != nil {
			return err
		}
	}
	if !slices.Contains(given, Administrator) {
		return nil
	}
	const enter = `INSERT INTO access_administrator (user_id, since) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING`
	_, err := tx.ExecContext(ctx, enter, user, store.Time(d.now()))
	return err
}

// querier reads: the database, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

const userColumns = `id, organisation, kind, name_index, name_sealed, party, status, password, password_due, code_secret,
	code_confirmed, code_last_step, certificate, created_at, updated_at, reset_at`

type scanner interface{ Scan(into ...any) error }

func (d *Directory) scanUser(row scanner) (User, error) {
	var u User
	err := row.Scan(&u.ID, &u.Organisation, &u.Kind, &u.nameIndex, &u.sealedName, &u.Party, &u.Status, &u.password,
		&u.passwordDue, &u.codeSecret, &u.Code, &u.codeLastStep, &u.Certificate, &u.CreatedAt, &u.UpdatedAt, &u.ResetAt)
	if err != nil {
		return User{}, err
	}
	name, err := d.sealer.Open("access_user", u.ID, "name_sealed", u.sealedName)
	if err != nil {
		return User{}, fmt.Errorf("open the name of user %s: %w", u.ID, err)
	}
	u.Name = string(name)
	return u, nil
}

// userBy finds a user by one column. Nobody is sql.ErrNoRows.
func (d *Directory) userBy(ctx context.Context, q querier, column, value string) (User, error) {
	u, err := d.scanUser(q.QueryRowContext(ctx, `SELECT `+userColumns+` FROM access_user WHERE `+column+` = $1`, value))
	if err != nil {
		return User{}, err
	}
	u.Roles, err = rolesOf(ctx, q, u.ID)
	return u, err
}

func rolesOf(ctx context.Context, q querier, user string) ([]Role, error) {
	rows, err := q.QueryContext(ctx, `SELECT role FROM access_user_role WHERE user_id = $1 ORDER BY role`, user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Role
	for rows.Next() {
		var role Role
		if err := rows.Scan(&role); err != nil {
			return nil, err
		}
		found = append(found, role)
	}
	return found, rows.Err()
}

// User finds a user by id.
func (d *Directory) User(ctx context.Context, id string) (User, error) {
	u, err := d.userBy(ctx, d.db, "id", id)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, fault.In(fault.NotFound, "id")
	}
	if err != nil {
		return User{}, fmt.Errorf("read user %s: %w", id, err)
	}
	return u, nil
}

// Users lists users in the order of their ids, from after the given one.
func (d *Directory) Users(ctx context.Context, after string, limit int) ([]User, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT `+userColumns+` FROM access_user WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	defer rows.Close()
	var users []User
	for rows.Next() {
		u, err := d.scanUser(rows)
		if err != nil {
			return nil, fmt.Errorf("list users: %w", err)
		}
		users = append(users, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	for i := range users {
		if users[i].Roles, err = rolesOf(ctx, d.db, users[i].ID); err != nil {
			return nil, fmt.Errorf("list users: %w", err)
		}
	}
	return users, nil
}

// isTaken reports whether a name was refused because somebody has it.
func isTaken(err error) bool { return errors.Is(err, fault.New(fault.AlreadyExists)) }

// expired reports whether a stored time is past. An empty one never is.
func expired(stored string, now time.Time) bool { return stored != "" && stored <= store.Time(now) }
