package access

import (
	"context"
	"database/sql"
	"fmt"
)

// ForgottenTables are the tables that Forget empties of a party's users.
func ForgottenTables() []string {
	return []string{
		"access_user", "access_user_role", "access_session", "access_key", "access_oidc_link", "access_attempt", "access_place",
		"access_activation", "access_certificate", "access_approval",
	}
}

// usersOf are the users who sign in as a party.
const usersOf = `(SELECT id FROM access_user WHERE party = $1 AND party <> '')`

// Forget deletes the users who sign in as a party, with their names, secrets, sessions and keys, inside the caller's
// transaction. Revoked certificates stay revoked, and are nobody's. What the access log says of a user is an id.
func Forget(ctx context.Context, tx *sql.Tx, party string) error {
	for _, statement := range []string{
		`DELETE FROM access_attempt WHERE name_index IN (SELECT name_index FROM access_user WHERE party = $1 AND party <> '')`,
		`DELETE FROM access_place WHERE name_index IN (SELECT name_index FROM access_user WHERE party = $1 AND party <> '')`,
		`DELETE FROM access_activation WHERE user_id IN ` + usersOf,
		`DELETE FROM access_session WHERE user_id IN ` + usersOf,
		`DELETE FROM access_key WHERE user_id IN ` + usersOf,
		`DELETE FROM access_oidc_link WHERE user_id IN ` + usersOf,
		`DELETE FROM access_certificate WHERE revoked_at = '' AND user_id IN ` + usersOf,
		`UPDATE access_certificate SET user_id = '', label = '' WHERE user_id IN ` + usersOf,
		`DELETE FROM access_approval WHERE subject = $1 AND subject <> '' OR subject IN ` + usersOf + ` OR requested_by IN ` + usersOf,
		`DELETE FROM access_user_role WHERE user_id IN ` + usersOf,
		`DELETE FROM access_user WHERE party = $1 AND party <> ''`,
	} {
		if _, err := tx.ExecContext(ctx, statement, party); err != nil {
			return fmt.Errorf("forget the users of a party: %w", err)
		}
	}
	return nil
}

// SignsIn reports whether anybody signs in as a party, or did.
func SignsIn(ctx context.Context, tx *sql.Tx, party string) (bool, error) {
	var users int64
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM access_user WHERE party = $1 AND party <> ''`, party).Scan(&users)
	if err != nil {
		return false, fmt.Errorf("look who signs in as a party: %w", err)
	}
	return users > 0, nil
}
